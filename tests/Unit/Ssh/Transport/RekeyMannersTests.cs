using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Transport;

/// <summary>Later key exchanges as different clients do them.</summary>
public sealed class RekeyMannersTests
{
    private const string Plain = "curve25519-sha256";
    private const string Strict = $"{Plain},{ExtensionMarker.StrictClient}";

    // Only the first KEXINIT decides whether exchanges are strict (OpenSSH PROTOCOL section 1.10): Eugeny/russh#358,
    // proftpd/proftpd#1853, ronf/asyncssh#662. In later exchanges a client may send IGNORE: ronf/asyncssh#725.
    [Theory]
    [InlineData(Strict, Plain, false)]
    [InlineData(Strict, Strict, false)]
    [InlineData(Plain, Plain, false)]
    [InlineData(Plain, Strict, false)]
    [InlineData(Strict, Plain, true)]
    [InlineData(Plain, Plain, true)]
    public async Task The_first_KEXINIT_decides_what_is_strict(string first, string later, bool sendsIgnore)
    {
        foreach (string cipher in new[] { "aes128-gcm@openssh.com", "aes128-ctr" })
        {
            using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
            var hostKeys = new HostKeySet([Ed25519PrivateKey.Generate()]);
            KexOffer offer = LegPair.Everything with { HostKeyAlgorithms = hostKeys.Algorithms };
            await using var server = new SshServerTransport(
                new AsyncSocket(sockets.Accepting), offer, hostKeys, new RekeyLimits(null), TimeProvider.System);
            using var client = new HandmadeClient(sockets.Connecting);
            var init = new KexInitText { Kex = first, CiphersToServer = cipher, CiphersToClient = cipher };
            await Task.WhenAll(server.HandshakeAsync(), client.HandshakeAsync(init)).Limited();
            server.EnterRelaying();
            Task<InboundPacket> serving = server.ReceiveAsync().AsTask();
            for (int round = 0; round < 3; round++)
            {
                byte[] again = (init with { Kex = later }).ToPayload();
                await client.SendAsync(again);
                if (sendsIgnore)
                {
                    await client.SendAsync([MessageNumber.Ignore, 0, 0, 0, 0]);
                }
                await client.ReadServerInitAsync();
                await client.ExchangeKeysAsync(init, again);
                await client.SendAsync(SshWriter.Message(MessageNumber.Ping).WriteString("there").ToArray());
                byte[] pong = SshWriter.Message(MessageNumber.Pong).WriteString("there").ToArray();
                Assert.Equal(pong, await client.ReadAsync());
            }
            Assert.False(serving.IsCompleted);
        }
    }
}
