using System.Text;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Transport;

public sealed class LegHandshakeTests
{
    public static TheoryData<string, string> KexAndHostKeys
    {
        get
        {
            TheoryData<string, string> all = [];
            foreach (KeyExchangeAlgorithm kex in KeyExchangeAlgorithm.All)
            {
                foreach (string hostKey in LegPair.AllHostKeyAlgorithms)
                {
                    all.Add(kex.Name, hostKey);
                }
            }
            return all;
        }
    }

    public static TheoryData<string, string> CiphersAndMacs
    {
        get
        {
            TheoryData<string, string> all = [];
            foreach (object[] names in PacketProtection.Names.Where(names => (string)names[0] != "none"))
            {
                all.Add((string)names[0], (string)names[1]);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(KexAndHostKeys))]
    public async Task Both_legs_agree_with_every_method_and_host_key(string kex, string hostKeyAlgorithm)
    {
        string keyType = SignatureAlgorithm.Find(Encoding.ASCII.GetBytes(hostKeyAlgorithm))!.KeyType;
        using SshPrivateKey hostKey = PrivateKeys.Generate(keyType);
        SshPublicKey? shown = null;
        await using LegPair pair = await LegPair.ConnectAsync(
            LegPair.Everything with { KexAlgorithms = [.. KeyExchangeAlgorithm.All.Where(method => method.Name == kex)], HostKeyAlgorithms = [hostKeyAlgorithm] },
            hostKey,
            acceptHostKey: key => (shown = key.Key) is not null);
        await pair.HandshakeAsync();
        Assert.Equal(hostKey.PublicKey.Blob.ToArray(), shown!.Blob.ToArray());
        Assert.Equal(hostKey.PublicKey.Blob.ToArray(), pair.Server.HostKey.ToArray());
        Assert.Equal(pair.Client.SshSessionId.ToArray(), pair.Server.SshSessionId.ToArray());
        await AssertTalkAsync(pair);
    }

    [Theory]
    [MemberData(nameof(CiphersAndMacs))]
    public async Task Both_legs_talk_with_every_cipher_and_MAC(string cipher, string mac)
    {
        KexOffer offer = LegPair.Everything with { Ciphers = [CipherAlgorithm.All.Single(known => known.Name == cipher)] };
        if (mac.Length > 0)
        {
            offer = offer with { Macs = [MacAlgorithm.All.Single(known => known.Name == mac)] };
        }
        await using LegPair pair = await LegPair.ConnectAsync(offer);
        await pair.HandshakeAsync();
        await AssertTalkAsync(pair);
    }

    // OpenSSH PROTOCOL section 1.10: both legs offer it, and the numbers start again with each NEWKEYS.
    [Fact]
    public async Task Strict_key_exchange_starts_the_sequence_numbers_again()
    {
        await using LegPair pair = await LegPair.ConnectAsync();
        await Task.WhenAll(pair.Client.HandshakeAsync(), pair.Server.HandshakeAsync()).Limited();
        InboundPacket serviceRequest = await pair.Server.ReceiveAsync().Limited();
        Assert.Equal(MessageNumber.ServiceRequest, serviceRequest.Number);
        Assert.Equal(0u, serviceRequest.Sequence);
    }

    [Theory]
    [InlineData("curve25519-sha256", 3u)]
    [InlineData("curve25519-sha256,kex-strict-c-v00@openssh.com", 0u)]
    public async Task Without_strict_key_exchange_the_sequence_numbers_go_on(string kex, uint expected)
    {
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        await using SshServerTransport server = NewServer(sockets);
        using var client = new HandmadeClient(sockets.Connecting);
        await Task.WhenAll(server.HandshakeAsync(), client.HandshakeAsync(new KexInitText { Kex = kex })).Limited();
        await client.SendAsync([MessageNumber.ServiceRequest, 0]);
        Assert.Equal(expected, (await server.ReceiveAsync().Limited()).Sequence);
    }

    // RFC 8308: only to clients that asked, directly behind our NEWKEYS.
    [Fact]
    public async Task EXT_INFO_tells_what_the_gateway_does_and_nothing_else()
    {
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        await using SshServerTransport server = NewServer(sockets);
        using var client = new HandmadeClient(sockets.Connecting);
        await Task.WhenAll(server.HandshakeAsync(), client.HandshakeAsync(new KexInitText { Kex = "curve25519-sha256,ext-info-c,kex-strict-c-v00@openssh.com" })).Limited();
        byte[] expected = new SshWriter().WriteByte(MessageNumber.ExtInfo).WriteUInt32(3)
            .WriteString("server-sig-algs").WriteString("ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com")
            .WriteString("publickey-hostbound@openssh.com").WriteString("0")
            .WriteString("ping@openssh.com").WriteString("0")
            .ToArray();
        Assert.Equal(expected, await client.ReadAsync());
    }

    [Fact]
    public async Task A_client_that_did_not_ask_gets_no_EXT_INFO()
    {
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        await using SshServerTransport server = NewServer(sockets);
        using var client = new HandmadeClient(sockets.Connecting);
        await Task.WhenAll(server.HandshakeAsync(), client.HandshakeAsync(new KexInitText())).Limited();
        await server.Output.SendAsync(new byte[] { MessageNumber.ServiceAccept }).Limited();
        Assert.Equal(MessageNumber.ServiceAccept, Assert.Single(await client.ReadAsync()));
    }

    [Fact]
    public async Task Our_KEXINIT_carries_the_strict_marker_of_our_side()
    {
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        await using SshServerTransport server = NewServer(sockets);
        using var client = new HandmadeClient(sockets.Connecting);
        await Task.WhenAll(server.HandshakeAsync(), client.HandshakeAsync(new KexInitText())).Limited();
        IReadOnlyList<string> methods = KexInitMessage.Parse(client.ServerInit).KexAlgorithms;
        Assert.Contains(ExtensionMarker.StrictServer, methods);
        Assert.DoesNotContain(ExtensionMarker.StrictClient, methods);
    }

    // RFC 4253 section 7: dropbear sends its first packet on a guess; a wrong one is dropped, and only one. Each
    // exchange has a guess of its own.
    [Theory]
    [InlineData("curve25519-sha256@libssh.org,curve25519-sha256,kex-strict-c-v00@openssh.com")]
    [InlineData("unknown@example.com,curve25519-sha256")]
    public async Task Repeated_wrong_guesses_are_dropped_each_time(string kex)
    {
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        await using SshServerTransport server = NewServer(sockets);
        using var client = new HandmadeClient(sockets.Connecting);
        Task serving = server.HandshakeAsync();
        await client.SendRawAsync(Encoding.ASCII.GetBytes(HandmadeClient.Identification + "\r\n"));
        await client.ReadIdentificationAsync();
        var init = new KexInitText { Kex = kex, FirstKexPacketFollows = true };
        byte[] payload = init.ToPayload();
        await GuessAsync(rightly: false);
        await serving.Limited();
        // Before authentication there may be one more.
        server.EnterRelaying();
        Task<InboundPacket> receiving = server.ReceiveAsync().AsTask();
        await GuessAsync(rightly: false);
        await GuessAsync(rightly: false);
        // What was dropped once is not dropped where nothing is guessed.
        init = init with { FirstKexPacketFollows = false };
        payload = init.ToPayload();
        await GuessAsync(rightly: true);
        await client.SendAsync([MessageNumber.ServiceRequest, 0]);
        Assert.Equal(MessageNumber.ServiceRequest, (await receiving.Limited()).Number);

        async Task GuessAsync(bool rightly)
        {
            await client.SendAsync(payload);
            if (!rightly)
            {
                await client.SendAsync([MessageNumber.KexEcdhInit, 1, 2, 3]);
            }
            await client.ReadServerInitAsync();
            await client.ExchangeKeysAsync(init, payload);
        }
    }

    [Fact]
    public async Task Of_two_wrong_guesses_in_one_exchange_the_second_counts()
    {
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        await using SshServerTransport server = NewServer(sockets);
        using var client = new HandmadeClient(sockets.Connecting);
        Task serving = server.HandshakeAsync();
        await client.SendRawAsync(Encoding.ASCII.GetBytes(HandmadeClient.Identification + "\r\n"));
        await client.SendAsync(new KexInitText { Kex = "unknown@example.com,curve25519-sha256", FirstKexPacketFollows = true }.ToPayload());
        await client.SendAsync([MessageNumber.KexEcdhInit, 1, 2, 3]);
        await client.SendAsync([MessageNumber.KexEcdhInit, 1, 2, 3]);
        await Assert.ThrowsAsync<SshFormatException>(() => serving.Limited());
    }

    [Fact]
    public async Task A_rightly_guessed_packet_is_taken()
    {
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        // The guess is right only if the method is the first one of both sides, and the server's first may be ML-KEM.
        await using SshServerTransport server = NewServer(sockets, "curve25519-sha256");
        using var client = new HandmadeClient(sockets.Connecting);
        await Task.WhenAll(server.HandshakeAsync(), client.HandshakeAsync(new KexInitText { FirstKexPacketFollows = true })).Limited();
    }

    [Fact]
    public async Task A_host_key_that_is_refused_ends_the_handshake_before_anything_secret_is_sent()
    {
        await using LegPair pair = await LegPair.ConnectAsync(acceptHostKey: _ => false);
        Task serving = pair.Server.HandshakeAsync();
        SshProtocolException refused = await Assert.ThrowsAnyAsync<SshProtocolException>(() => pair.Client.HandshakeAsync().Limited());
        Assert.Equal(DisconnectReason.HostKeyNotVerifiable, refused.Reason);
        Assert.Equal(0, pair.Server.Input.PacketsUnderKeys - 2);
        pair.Client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => serving.Limited());
    }

    // A server that does not own the host key that it shows.
    [Fact]
    public async Task A_host_key_signature_by_another_key_is_refused()
    {
        using SshPrivateKey shown = PrivateKeys.Generate(SshKeyTypes.EcdsaP256);
        using var impostor = new ImpostorKey(shown.PublicKey, PrivateKeys.Generate(SshKeyTypes.EcdsaP256));
        await using LegPair pair = await LegPair.ConnectAsync(hostKey: impostor);
        Task serving = pair.Server.HandshakeAsync();
        SshProtocolException refused = await Assert.ThrowsAnyAsync<SshProtocolException>(() => pair.Client.HandshakeAsync().Limited());
        Assert.Contains("signature", refused.Message, StringComparison.Ordinal);
        pair.Client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => serving.Limited());
    }

    private static SshServerTransport NewServer(LoopbackPair sockets, string? kex = null)
    {
        var hostKeys = new HostKeySet([Ed25519PrivateKey.Generate()]);
        KexOffer offer = LegPair.Everything with
        {
            KexAlgorithms = [.. KeyExchangeAlgorithm.All.Where(method => kex is null || method.Name == kex)],
            HostKeyAlgorithms = hostKeys.Algorithms,
        };
        return new SshServerTransport(new AsyncSocket(sockets.Accepting), offer, hostKeys, new RekeyLimits(null), TimeProvider.System);
    }

    private static async Task AssertTalkAsync(LegPair pair)
    {
        for (byte i = 0; i < 5; i++)
        {
            byte[] message = [94, i, .. new byte[i * 1000]];
            await pair.Client.Output.SendAsync(message).Limited();
            Assert.Equal(message, (await pair.Server.ReceiveAsync().Limited()).Payload.ToArray());
            await pair.Server.Output.SendAsync(message).Limited();
            Assert.Equal(message, (await pair.Client.ReceiveAsync().Limited()).Payload.ToArray());
        }
    }

    private sealed class ImpostorKey(SshPublicKey shown, SshPrivateKey used) : SshPrivateKey(shown)
    {
        public override void Dispose() => used.Dispose();

        public override void WriteFields(SshWriter writer) => used.WriteFields(writer);

        protected override byte[] SignValue(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data)
        {
            var reader = new SshReader(used.Sign(algorithm, data));
            reader.ReadString();
            return reader.ReadString().ToArray();
        }
    }
}
