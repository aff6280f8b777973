using System.Net.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// CVE-2023-48795: somebody on the path slips a packet in before the encryption starts, so that a later one can be
/// swallowed unnoticed.
/// </summary>
[Collection(SharedGatewayTests.Name)]
public sealed class TerrapinTests(SharedGateway shared)
{
    private const string ChaCha20 = "chacha20-poly1305@openssh.com";

    public static TheoryData<bool, byte> Places
    {
        get
        {
            TheoryData<bool, byte> places = [];
            foreach (bool toClient in new[] { true, false })
            {
                places.Add(toClient, MessageNumber.KexInit);
                places.Add(toClient, toClient ? MessageNumber.KexEcdhReply : MessageNumber.KexEcdhInit);
                places.Add(toClient, MessageNumber.NewKeys);
                places.Add(toClient, 0);
            }

            return places;
        }
    }

    [RealSshTheory]
    [MemberData(nameof(Places))]
    public async Task A_packet_slipped_in_between_ssh_and_the_gateway_ends_the_connection(bool toClient, byte place)
    {
        PlaintextInjection injection = new(place);
        await using TamperingRelay relay = TamperingRelay.Start(
            shared.Gateway.Proxies[1].Ssh, Loopback.ForPod(), toClient ? null : injection, toClient ? injection : null);
        SshClient client = SshClient.Create(relay.Endpoint, shared.UserKey, shared.Gateway.Keys.HostKeys).With($"Ciphers={ChaCha20}");

        CommandResult result = await client.RunAsync(SharedGateway.Alpha, "echo reached", flags: "-v");

        Assert.True(injection.Injected, result.ToString());
        Assert.False(result.TimedOut, $"{result}\n{shared.Gateway.Logs}");
        Assert.Equal(255, result.ExitCode);
        Assert.DoesNotContain("Authenticated to", result.ErrorText, StringComparison.Ordinal);
        Assert.DoesNotContain("reached", result.Text, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task A_relay_that_slips_nothing_in_disturbs_nothing()
    {
        PlaintextInjection there = new(byte.MaxValue);
        PlaintextInjection back = new(byte.MaxValue);
        await using TamperingRelay relay = TamperingRelay.Start(shared.Gateway.Proxies[1].Ssh, Loopback.ForPod(), there, back);
        SshClient client = SshClient.Create(relay.Endpoint, shared.UserKey, shared.Gateway.Keys.HostKeys).With($"Ciphers={ChaCha20}");

        CommandResult result = await client.RunAsync(SharedGateway.Alpha, "echo reached");

        Assert.True(result.Text == "reached\n", $"{result}\n{shared.Gateway.Logs}");
    }

    [RealSshFact]
    public async Task Our_own_client_role_refuses_it_too()
    {
        PlaintextInjection injection = new(MessageNumber.NewKeys);
        await using TamperingRelay relay = TamperingRelay.Start(shared.Gateway.Proxies[1].Ssh, Loopback.ForPod(), back: injection);
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(relay.Endpoint);
        await using SshClientTransport client = new(new AsyncSocket(socket), LegPair.Everything, _ => true, new RekeyLimits(null), TimeProvider.System);

        SshProtocolException refused = await Assert.ThrowsAsync<SshProtocolException>(() => client.HandshakeAsync().Limited());

        Assert.True(injection.Injected);
        Assert.Contains("strict", refused.Message, StringComparison.Ordinal);
    }

    // The attack works where it can: else the tests above would show nothing.
    [RealSshFact]
    public async Task Without_strict_key_exchange_the_same_attack_goes_unnoticed()
    {
        KexInitText init = new() { Kex = "curve25519-sha256,ext-info-c", CiphersToClient = ChaCha20 };
        PlaintextInjection watching = new(byte.MaxValue);
        await using (TamperingRelay relay = TamperingRelay.Start(shared.Gateway.Proxies[1].Ssh, Loopback.ForPod(), back: watching))
        {
            using HandmadeClient client = await HandmadeClient.ConnectAsync(relay.Endpoint);
            await client.HandshakeAsync(init);
            Assert.Equal(MessageNumber.ExtInfo, (await client.ReadAsync())[0]);
        }

        PlaintextInjection injection = new(MessageNumber.KexInit, swallowed: watching.EncryptedBytes);
        await using (TamperingRelay relay = TamperingRelay.Start(shared.Gateway.Proxies[1].Ssh, Loopback.ForPod(), back: injection))
        {
            using HandmadeClient client = await HandmadeClient.ConnectAsync(relay.Endpoint);
            byte[] payload = init.ToPayload();
            await client.SendRawAsync("SSH-2.0-handmade\r\n"u8.ToArray());
            await client.SendAsync(payload);
            await client.ReadIdentificationAsync();
            Assert.Equal(MessageNumber.Ignore, (await client.ReadAsync())[0]);
            await client.ReadServerInitAsync();
            await client.ExchangeKeysAsync(init, payload);
            await client.SendAsync(SshWriter.Message(MessageNumber.ServiceRequest).WriteString("ssh-userauth").ToArray());

            Assert.Equal(MessageNumber.ServiceAccept, (await client.ReadAsync())[0]);
        }
    }
}
