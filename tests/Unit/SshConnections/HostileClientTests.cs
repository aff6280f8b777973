using System.Text;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.SshConnections;

/// <summary>
/// Clients that break the transport's rules: each is told why and disconnected, and the next good one is served.
/// </summary>
public sealed class HostileClientTests(GatewayRig gateway) : IClassFixture<GatewayRig>
{
    private const string Strict = "curve25519-sha256,kex-strict-c-v00@openssh.com";

    private static readonly byte[] Ignore = [MessageNumber.Ignore, 0, 0, 0, 0];

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "does not speak SSH")]
    [InlineData("\r\n", "does not speak SSH")]
    [InlineData("SSH-1.5-old\r\n", "version 2.0")]
    [InlineData("SSH-3.0-new\r\n", "version 2.0")]
    [InlineData("SSH-2.0-x\u001b[31m\r\n", "printable")]
    public async Task An_identification_that_is_none_is_answered_with_a_sentence(string line, string sentence)
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(gateway.Address);
        await client.SendRawAsync(Encoding.Latin1.GetBytes(line));
        await client.ReadIdentificationAsync();
        await AssertDisconnectedAsync(client, DisconnectReason.ProtocolError, sentence);
    }

    // What the gateway has not read must not make its close a reset: that would throw the sentence away.
    [Fact]
    public async Task The_sentence_arrives_also_when_the_client_has_sent_more_than_was_read()
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(gateway.Address);
        await client.SendRawAsync([.. "SSH-1.5-old\r\n"u8, .. new byte[200_000]]);
        await client.ReadIdentificationAsync();
        await AssertDisconnectedAsync(client, DisconnectReason.ProtocolError, "version 2.0");
    }

    [Fact]
    public async Task A_line_without_end_is_cut_off_at_255_bytes()
    {
        using HandmadeClient client = await HandmadeClient.ConnectAsync(gateway.Address);
        await client.SendRawAsync([.. "SSH-2.0-"u8, .. Enumerable.Repeat((byte)'a', 248)]);
        await client.ReadIdentificationAsync();
        await AssertDisconnectedAsync(client, DisconnectReason.ProtocolError, "255 bytes");
    }

    [Theory]
    [InlineData(0x00000000u)]
    [InlineData(0x00008ff8u)]
    [InlineData(0x7ffffffcu)]
    [InlineData(0xffffffffu)]
    [InlineData(0x53534823u)]
    public async Task A_packet_length_out_of_range_is_refused(uint length)
    {
        using HandmadeClient client = await IdentifiedAsync();
        await client.SendRawAsync([(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, 4, 20]);
        await AssertDisconnectedAsync(client, DisconnectReason.ProtocolError, "packet_length");
    }

    public static TheoryData<string> BadInits => ["300 names", "not ASCII", "truncated", "with a tail", "nothing in common"];

    [Theory]
    [MemberData(nameof(BadInits))]
    public async Task A_bad_KEXINIT_is_refused(string what)
    {
        (byte[] payload, string sentence) = what switch
        {
            "300 names" => (new KexInitText { Kex = string.Join(',', Enumerable.Range(0, 300).Select(i => $"n{i}")) }.ToPayload(), "256 names"),
            "not ASCII" => (new KexInitText { HostKeys = "ssh-ëd25519" }.ToPayload(), "printable ASCII"),
            "truncated" => (new KexInitText().ToPayload()[..60], ""),
            "with a tail" => ([.. new KexInitText().ToPayload(), 1, 2, 3], "unexpected bytes"),
            _ => (new KexInitText { Kex = "diffie-hellman-group1-sha1" }.ToPayload(), "no common key exchange method"),
        };
        using HandmadeClient client = await IdentifiedAsync();
        await client.SendAsync(payload);
        await AssertDisconnectedAsync(client, what == "nothing in common" ? DisconnectReason.KeyExchangeFailed : DisconnectReason.ProtocolError, sentence);
    }

    public static TheoryData<string, string> Orders => new()
    {
        { "two KEXINITs", "second KEXINIT" },
        { "NEWKEYS first", "NEWKEYS before" },
        { "NEWKEYS behind KEXINIT", "NEWKEYS before" },
        { "method before KEXINIT", "unexpected key exchange message 30" },
        { "SERVICE_REQUEST before KEXINIT", "message 5" },
        { "SERVICE_REQUEST behind KEXINIT", "message 5 " },
        { "channel behind KEXINIT", "message 90" },
        { "reply in place of init", "unexpected key exchange message 31" },
        { "unknown key exchange message", "unexpected key exchange message 25" },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task Messages_out_of_their_order_are_refused(string what, string sentence)
    {
        byte[] init = new KexInitText().ToPayload();
        byte[][] messages = what switch
        {
            "two KEXINITs" => [init, init],
            "NEWKEYS first" => [[MessageNumber.NewKeys]],
            "NEWKEYS behind KEXINIT" => [init, [MessageNumber.NewKeys]],
            "method before KEXINIT" => [[MessageNumber.KexEcdhInit, 0, 0, 0, 0]],
            "SERVICE_REQUEST before KEXINIT" => [[MessageNumber.ServiceRequest, 0, 0, 0, 0]],
            "SERVICE_REQUEST behind KEXINIT" => [init, [MessageNumber.ServiceRequest, 0, 0, 0, 0]],
            "channel behind KEXINIT" => [init, [MessageNumber.ChannelOpen, 0, 0, 0, 0]],
            "reply in place of init" => [init, [MessageNumber.KexEcdhReply, 0, 0, 0, 0]],
            _ => [init, [25]],
        };
        using HandmadeClient client = await IdentifiedAsync();
        foreach (byte[] message in messages)
        {
            await client.SendAsync(message);
        }
        await AssertDisconnectedAsync(client, DisconnectReason.ProtocolError, sentence);
    }

    // RFC 8731 section 3, and sizes that are none.
    [Theory]
    [InlineData(32)]
    [InlineData(31)]
    [InlineData(0)]
    public async Task An_unacceptable_key_exchange_value_is_refused(int zeros)
    {
        using HandmadeClient client = await IdentifiedAsync();
        await client.SendAsync(new KexInitText().ToPayload());
        await client.SendAsync(SshWriter.Message(MessageNumber.KexEcdhInit).WriteString(new byte[zeros]).ToArray());
        await AssertDisconnectedAsync(client, DisconnectReason.KeyExchangeFailed, "not acceptable");
    }

    // CVE-2023-48795 (Terrapin): a packet slipped in before the keys must not shift the sequence numbers unnoticed.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Under_strict_key_exchange_nothing_may_be_slipped_in(bool beforeKexInit)
    {
        using HandmadeClient client = await IdentifiedAsync();
        byte[] init = new KexInitText { Kex = Strict }.ToPayload();
        await client.SendAsync(beforeKexInit ? Ignore : init);
        await client.SendAsync(beforeKexInit ? init : Ignore);
        await AssertDisconnectedAsync(client, DisconnectReason.ProtocolError, beforeKexInit ? "first packet" : "strict");
    }

    [Fact]
    public async Task Without_strict_key_exchange_IGNORE_is_ignored()
    {
        using HandmadeClient client = await IdentifiedAsync();
        var init = new KexInitText();
        await client.SendAsync(Ignore);
        await client.SendAsync(init.ToPayload());
        await client.SendAsync(Ignore);
        await client.ReadServerInitAsync();
        await client.ExchangeKeysAsync(init, init.ToPayload());
        await client.SendAsync(SshWriter.Message(MessageNumber.ServiceRequest).WriteString("ssh-userauth").ToArray());
        Assert.Equal(MessageNumber.ServiceAccept, (await client.ReadAsync())[0]);
        client.Dispose();
        Assert.Equal(ConnectionEnd.ClientLeftEarly, (await gateway.Ends.NextAsync()).End);
    }

    [Fact]
    public async Task The_first_service_is_ssh_userauth()
    {
        using HandmadeClient client = await EncryptedAsync(new KexInitText());
        await client.SendAsync(SshWriter.Message(MessageNumber.ServiceRequest).WriteString("ssh-connection").ToArray());
        await AssertDisconnectedAsync(client, DisconnectReason.ServiceNotAvailable, "ssh-userauth");
    }

    [Theory]
    [InlineData("aes128-gcm@openssh.com", "hmac-sha2-256")]
    [InlineData("aes128-ctr", "hmac-sha2-256-etm@openssh.com")]
    [InlineData("aes256-ctr", "hmac-sha2-512-etm@openssh.com")]
    public async Task A_wrong_MAC_is_refused(string cipher, string mac)
    {
        using HandmadeClient client = await EncryptedAsync(new KexInitText { CiphersToServer = cipher, MacsToServer = mac });
        // The length is in plaintext with these; what follows is noise of the right size.
        await client.SendRawAsync([0, 0, 0, 32, .. Enumerable.Repeat((byte)0x5a, 32 + 64)]);
        await AssertDisconnectedAsync(client, DisconnectReason.MacError, "authentication code");
    }

    [Fact]
    public async Task Noise_under_an_encrypted_length_is_refused()
    {
        using HandmadeClient client = await EncryptedAsync(new KexInitText { CiphersToServer = "aes128-ctr", MacsToServer = "hmac-sha2-256" });
        await client.SendRawAsync([.. Enumerable.Repeat((byte)0x5a, 200)]);
        await AssertDisconnectedAsync(client, null, "");
    }

    [Fact]
    public async Task Large_packets_are_refused_before_authentication()
    {
        using HandmadeClient client = await EncryptedAsync(new KexInitText());
        await client.SendRawAsync([0, 0, 0x88, 0xc0]);
        await AssertDisconnectedAsync(client, DisconnectReason.ProtocolError, "packet_length");
    }

    [Fact]
    public async Task A_second_later_key_exchange_before_authentication_is_refused()
    {
        using HandmadeClient client = await EncryptedAsync(new KexInitText());
        var init = new KexInitText();
        await client.SendAsync(init.ToPayload());
        await client.ReadServerInitAsync();
        await client.ExchangeKeysAsync(init, init.ToPayload());
        await client.SendAsync(init.ToPayload());
        // In place of a KEXINIT.
        await AssertDisconnectedAsync(client, DisconnectReason.ProtocolError, "too many key exchanges before authentication");
        await gateway.AssertServesAsync();
    }

    // Half a packet each: what they hold is one small buffer.
    [Fact]
    public async Task Clients_that_stop_in_the_middle_of_a_packet_hold_little_memory()
    {
        const int Clients = 64;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var clients = new List<HandmadeClient>();
        for (int i = 0; i < Clients; i++)
        {
            HandmadeClient client = await IdentifiedAsync();
            clients.Add(client);
            await client.SendRawAsync([0, 0, 0x88, 0xb4, 4, 20, .. new byte[20_000]]);
        }
        await gateway.AssertServesAsync();
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Clients;
        Assert.InRange(each, long.MinValue, 400 * 1024);
        foreach (HandmadeClient client in clients)
        {
            client.Dispose();
            Assert.Equal(ConnectionEnd.ClientLeftEarly, (await gateway.Ends.NextAsync()).End);
        }
    }

    [Fact]
    public async Task A_client_that_says_nothing_is_told_that_it_took_too_long()
    {
        await using Started slow = await Started.WithAsync(new ProxyOptions { KeyExchangeTimeout = TimeSpan.FromMilliseconds(200) });
        using HandmadeClient client = await HandmadeClient.ConnectAsync(slow.Gateway.Address);
        await client.ReadIdentificationAsync();
        (DisconnectReason reason, string sentence) = await client.ReadDisconnectAsync();
        Assert.Equal(DisconnectReason.ByApplication, reason);
        Assert.Contains("took too long", sentence, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.ClientTooSlow, (await slow.Gateway.Ends.NextAsync()).End);
    }

    [Fact]
    public async Task A_client_that_does_not_authenticate_is_told_that_it_took_too_long()
    {
        await using Started slow = await Started.WithAsync(new ProxyOptions { AuthenticationTimeout = TimeSpan.FromMilliseconds(200) });
        await using SshClientTransport client = await slow.Gateway.ConnectForAuthenticationAsync();
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.Contains("took too long", told.Description, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.ClientTooSlow, (await slow.Gateway.Ends.NextAsync()).End);
    }

    [Fact]
    public async Task A_proxy_that_stops_says_so()
    {
        await using Started stopping = await Started.WithAsync(new ProxyOptions());
        await using SshClientTransport client = await stopping.Gateway.ConnectForAuthenticationAsync();
        Task stop = stopping.Gateway.StopAsync();
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.Contains("shutting down", told.Description, StringComparison.Ordinal);
        await stop;
        Assert.Equal(ConnectionEnd.ProxyStopping, (await stopping.Gateway.Ends.NextAsync()).End);
    }

    private async Task<HandmadeClient> IdentifiedAsync()
    {
        HandmadeClient client = await HandmadeClient.ConnectAsync(gateway.Address);
        await client.SendRawAsync(Encoding.ASCII.GetBytes(HandmadeClient.Identification + "\r\n"));
        await client.ReadIdentificationAsync();
        return client;
    }

    private async Task<HandmadeClient> EncryptedAsync(KexInitText init)
    {
        HandmadeClient client = await HandmadeClient.ConnectAsync(gateway.Address);
        await client.HandshakeAsync(init);
        return client;
    }

    private async Task AssertDisconnectedAsync(HandmadeClient client, DisconnectReason? reason, string words)
    {
        (DisconnectReason told, string sentence) = await client.ReadDisconnectAsync();
        Assert.Equal(reason ?? told, told);
        Assert.NotEmpty(sentence);
        Assert.Contains(words, sentence, StringComparison.Ordinal);
        Assert.Empty(await client.ReadToEndAsync());
        client.Dispose();
        Assert.Equal(
            reason == DisconnectReason.KeyExchangeFailed ? ConnectionEnd.ClientKeyExchangeFailed : ConnectionEnd.ClientProtocolError, (await gateway.Ends.NextAsync()).End);
        await gateway.AssertServesAsync();
    }

    private sealed class Started : IAsyncDisposable
    {
        private Started(GatewayRig gateway) => Gateway = gateway;

        public GatewayRig Gateway { get; }

        public static async Task<Started> WithAsync(ProxyOptions options)
        {
            var gateway = new GatewayRig(options, new PodLoginLimits());
            await gateway.InitializeAsync();
            return new Started(gateway);
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            Gateway.Dispose();
        }
    }
}
