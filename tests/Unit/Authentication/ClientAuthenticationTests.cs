using System.Diagnostics;
using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.Authentication;

/// <summary>Authentication of the client, over the wire, against a real listener.</summary>
public sealed class ClientAuthenticationTests(GatewayRig gateway) : IClassFixture<GatewayRig>
{
    private const string Id = GatewayRig.SessionId;

    private static readonly byte[] Refusal = SshWriter.Message(MessageNumber.UserAuthFailure).WriteString("publickey").WriteBoolean(false).ToArray();

    private readonly SshPrivateKey _stranger = Ed25519PrivateKey.Generate();

    [Theory]
    [InlineData(SshKeyTypes.Ed25519)]
    [InlineData(SshKeyTypes.EcdsaP256)]
    [InlineData(SshKeyTypes.EcdsaP384)]
    [InlineData(SshKeyTypes.EcdsaP521)]
    [InlineData(SshKeyTypes.Rsa)]
    public async Task Every_type_of_key_logs_in(string keyType)
    {
        using SshPrivateKey key = PrivateKeys.Generate(keyType);
        string id = "type-" + keyType.Replace("sha2-", "", StringComparison.Ordinal);
        gateway.Table.Upsert(Sessions.Entry(id, endpoint: gateway.Pod.EndPoint, keys: [key.PublicKey]));
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await SendAsync(client, AuthMessages.Query(id, key));
        byte[] yes = (await client.ReceiveAsync().Limited()).Payload.ToArray();
        Assert.Equal(
            SshWriter.Message(MessageNumber.UserAuthPublicKeyOk).WriteString(key.PreferredAlgorithm.Name).WriteString(key.PublicKey.Blob.Span).ToArray(), yes);
        await SendAsync(client, AuthMessages.Signed(client, id, key));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        await EndAsync(client, ConnectionEnd.ClientClosed);
    }

    [Fact]
    public async Task The_hostbound_form_logs_in_with_the_host_key_of_this_connection()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        byte[] hostKey = gateway.HostKeys.PublicKeys.First().Blob.ToArray();
        await SendAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), Id, gateway.Key, gateway.Key, hostKey));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        await EndAsync(client, ConnectionEnd.ClientClosed);
    }

    [Fact]
    public async Task The_hostbound_form_with_another_host_key_is_refused()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        foreach (byte[] hostKey in new[] { _stranger.PublicKey.Blob.ToArray(), gateway.HostKeys.PublicKeys.Last().Blob.ToArray(), [] })
        {
            await AssertRefusedAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), Id, gateway.Key, gateway.Key, hostKey));
        }
        await EndAsync(client, ConnectionEnd.AuthenticationFailed);
    }

    [Fact]
    public async Task Other_methods_only_learn_that_publickey_is_the_one()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertRefusedAsync(client, AuthMessages.None(Id));
        await AssertRefusedAsync(client, AuthMessages.Password(Id));
        await EndAsync(client, ConnectionEnd.ClientLeftEarly);
    }

    // CVE-2024-45337: what counts is the key that made the signature, not one that was asked about before.
    [Fact]
    public async Task A_query_for_the_authorised_key_does_not_help_another_ones_signature()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await SendAsync(client, AuthMessages.Query(Id, gateway.Key));
        Assert.Equal(MessageNumber.UserAuthPublicKeyOk, (await client.ReceiveAsync().Limited()).Number);
        await AssertRefusedAsync(client, AuthMessages.Signed(client, Id, _stranger));
        // The authorised key named in the signed request itself, signed by the stranger.
        await AssertRefusedAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), Id, gateway.Key, _stranger, null));
        await EndAsync(client, ConnectionEnd.AuthenticationFailed);
    }

    [Fact]
    public async Task A_query_for_a_strangers_key_does_not_harm_the_authorised_ones_signature()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertRefusedAsync(client, AuthMessages.Query(Id, _stranger));
        await SendAsync(client, AuthMessages.Signed(client, Id, gateway.Key));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        await EndAsync(client, ConnectionEnd.ClientClosed);
    }

    [Fact]
    public async Task A_signature_for_another_connection_or_another_user_is_refused()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await using SshClientTransport other = await gateway.ConnectForAuthenticationAsync();
        await AssertRefusedAsync(client, AuthMessages.Signed(other.SshSessionId.ToArray(), Id, gateway.Key, gateway.Key, null));
        // The user name is part of what is signed: swapped behind the signature.
        byte[] forAnother = AuthMessages.Signed(client, "abc13", gateway.Key);
        forAnother[1 + 4 + 4] = (byte)'2';
        await AssertRefusedAsync(client, forAnother);
        await EndAsync(client, ConnectionEnd.AuthenticationFailed);
        await EndAsync(other, ConnectionEnd.ClientLeftEarly);
    }

    [Theory]
    [InlineData("ssh-rsa")]
    [InlineData("ssh-dss")]
    [InlineData("ecdsa-sha2-nistp256")]
    [InlineData("ssh-ed25519-cert-v01@openssh.com")]
    [InlineData("")]
    public async Task An_algorithm_that_is_not_the_keys_is_refused(string algorithm)
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertRefusedAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), Id, gateway.Key, gateway.Key, null, algorithm));
        await EndAsync(client, ConnectionEnd.AuthenticationFailed);
    }

    // No oracle: the same bytes in the same order, and a floor under the time.
    [Fact]
    public async Task An_unknown_session_answers_exactly_as_a_known_one_does()
    {
        List<byte[]> known = await TranscriptAsync(Id);
        List<byte[]> unknown = await TranscriptAsync("nobody");
        List<byte[]> unusable = await TranscriptAsync(new string('x', 3000));
        List<byte[]> notAscii = await TranscriptAsync("äöü\n");
        Assert.Equal(known, unknown);
        Assert.Equal(known, unusable);
        Assert.Equal(known, notAscii);

        async Task<List<byte[]>> TranscriptAsync(string user)
        {
            await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
            List<byte[]> replies = [];
            await SendAsync(client, AuthMessages.None(user));
            replies.Add((await client.ReceiveAsync().Limited()).Payload.ToArray());
            await ExchangeAsync(AuthMessages.Query(user, _stranger));
            await ExchangeAsync(AuthMessages.Signed(client, user, _stranger));
            await ExchangeAsync(AuthMessages.Signed(client.SshSessionId.ToArray(), user, _stranger, gateway.Key, null));
            await EndAsync(client, ConnectionEnd.AuthenticationFailed);
            return replies;

            async Task ExchangeAsync(byte[] request)
            {
                long sentAt = Stopwatch.GetTimestamp();
                await SendAsync(client, request);
                replies.Add((await client.ReceiveAsync().Limited()).Payload.ToArray());
                // The refusal time is 10 ms; timers count whole milliseconds.
                Assert.True(Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds >= 9, "refused too soon");
            }
        }
    }

    [Fact]
    public async Task The_user_name_cannot_change_within_a_connection()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertRefusedAsync(client, AuthMessages.None("nobody"));
        await AssertDisconnectAsync(client, AuthMessages.Signed(client, Id, gateway.Key), DisconnectReason.ProtocolError, "user name", ConnectionEnd.ClientProtocolError);
    }

    [Fact]
    public async Task Another_service_than_ssh_connection_ends_the_connection()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertDisconnectAsync(client, AuthMessages.None(Id, "ssh-userauth"), DisconnectReason.ProtocolError, "service", ConnectionEnd.ClientProtocolError);
    }

    // Agents offer many keys: a refused query is not a failed login. But there is an end to it.
    [Fact]
    public async Task Of_64_queries_each_is_answered_and_the_65th_ends_the_connection()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        for (int i = 0; i < 64; i++)
        {
            await AssertRefusedAsync(client, AuthMessages.Query(Id, _stranger));
        }
        await AssertDisconnectAsync(
            client, AuthMessages.Query(Id, _stranger), DisconnectReason.NoMoreAuthMethodsAvailable, "Too many authentication failures", ConnectionEnd.AuthenticationFailed);
        await gateway.AssertServesAsync();
    }

    [Fact]
    public async Task After_64_queries_the_right_key_still_logs_in()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        for (int i = 0; i < 64; i++)
        {
            await AssertRefusedAsync(client, AuthMessages.Query(Id, _stranger));
        }
        await SendAsync(client, AuthMessages.Signed(client, Id, gateway.Key));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        await EndAsync(client, ConnectionEnd.ClientClosed);
    }

    [Fact]
    public async Task Of_6_failed_signatures_each_is_answered_and_the_7th_ends_the_connection()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        for (int i = 0; i < 6; i++)
        {
            await AssertRefusedAsync(client, AuthMessages.Signed(client, Id, _stranger));
        }
        await AssertDisconnectAsync(
            client, AuthMessages.Signed(client, Id, _stranger), DisconnectReason.NoMoreAuthMethodsAvailable, "Too many authentication failures", ConnectionEnd.AuthenticationFailed);
        await gateway.AssertServesAsync();
    }

    [Fact]
    public async Task Requests_of_other_methods_are_counted_too()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        for (int i = 0; i < 16; i++)
        {
            await AssertRefusedAsync(client, AuthMessages.Password(Id));
        }
        await AssertDisconnectAsync(
            client, AuthMessages.Password(Id), DisconnectReason.NoMoreAuthMethodsAvailable, "Too many authentication failures", ConnectionEnd.AuthenticationFailed);
    }

    // sshd answers each one (auth2.c, input_service_request): paramiko asks again before each key.
    [Fact]
    public async Task The_service_may_be_requested_again_before_each_key()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertRefusedAsync(client, AuthMessages.Signed(client, Id, _stranger));
        await SendAsync(client, AuthMessages.ServiceRequest());
        Assert.Equal(MessageNumber.ServiceAccept, (await client.ReceiveAsync().Limited()).Number);
        await AssertRefusedAsync(client, AuthMessages.Query(Id, _stranger));
        // Twice in a row, and without waiting for the answer.
        await SendAsync(client, AuthMessages.ServiceRequest());
        await SendAsync(client, AuthMessages.ServiceRequest());
        await SendAsync(client, AuthMessages.Signed(client, Id, gateway.Key));
        Assert.Equal(MessageNumber.ServiceAccept, (await client.ReceiveAsync().Limited()).Number);
        Assert.Equal(MessageNumber.ServiceAccept, (await client.ReceiveAsync().Limited()).Number);
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        await EndAsync(client, ConnectionEnd.ClientClosed);
    }

    [Fact]
    public async Task Another_service_may_not_be_requested_later_either()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertDisconnectAsync(
            client, AuthMessages.ServiceRequest("ssh-connection"), DisconnectReason.ServiceNotAvailable, "ssh-userauth", ConnectionEnd.ClientProtocolError);
    }

    [Fact]
    public async Task Service_requests_without_end_end_the_connection()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        // As many as all other requests together may be, so that each of them may have one.
        for (int i = 0; i < 64 + 6 + 16; i++)
        {
            await SendAsync(client, AuthMessages.ServiceRequest());
            Assert.Equal(MessageNumber.ServiceAccept, (await client.ReceiveAsync().Limited()).Number);
        }
        await AssertDisconnectAsync(
            client, AuthMessages.ServiceRequest(), DisconnectReason.NoMoreAuthMethodsAvailable, "Too many authentication failures", ConnectionEnd.AuthenticationFailed);
    }

    // sshkey.c, sshkey_type_from_name: the names of RSA's signature algorithms name the key type as well.
    [Theory]
    [InlineData("rsa-sha2-256")]
    [InlineData("rsa-sha2-512")]
    public async Task An_RSA_key_may_name_itself_by_an_algorithm(string name)
    {
        using SshPrivateKey key = PrivateKeys.Generate(SshKeyTypes.Rsa);
        string id = "named-" + name;
        gateway.Table.Upsert(Sessions.Entry(id, endpoint: gateway.Pod.EndPoint, keys: [key.PublicKey]));
        var fields = new SshReader(key.PublicKey.Blob.Span);
        fields.ReadString();
        byte[] blob = new SshWriter().WriteString(name).WriteBytes(fields.ReadRest()).ToArray();
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await SendAsync(client, AuthMessages.Query(id, "rsa-sha2-512", blob));
        // The answer repeats what was asked.
        Assert.Equal(
            SshWriter.Message(MessageNumber.UserAuthPublicKeyOk).WriteString("rsa-sha2-512").WriteString(blob).ToArray(),
            (await client.ReceiveAsync().Limited()).Payload.ToArray());
        await SendAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), id, "rsa-sha2-512", blob, data => key.Sign(data)));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        await EndAsync(client, ConnectionEnd.ClientClosed);
    }

    // Verifying takes time that grows with the square of the size; and the session's other keys still count.
    [Fact]
    public async Task An_RSA_key_of_more_than_8192_bits_is_refused_like_any_other()
    {
        byte[] modulus = new byte[8200 / 8];
        Array.Fill(modulus, (byte)0xff);
        byte[] blob = new SshWriter().WriteString("ssh-rsa").WritePositiveMpint([1, 0, 1]).WritePositiveMpint(modulus).ToArray();
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertRefusedAsync(client, AuthMessages.Query(Id, "rsa-sha2-512", blob));
        await AssertRefusedAsync(
            client,
            AuthMessages.Signed(client.SshSessionId.ToArray(), Id, "rsa-sha2-512", blob, _ => new SshWriter().WriteString("rsa-sha2-512").WriteString(modulus).ToArray()));
        await SendAsync(client, AuthMessages.Signed(client, Id, gateway.Key));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        await EndAsync(client, ConnectionEnd.ClientClosed);
    }

    // CVE-2025-32433 (a channel before authentication), CVE-2018-10933 (the server's own messages), and everything else
    // that has no place here.
    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(51)]
    [InlineData(52)]
    [InlineData(53)]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(80)]
    [InlineData(90)]
    [InlineData(98)]
    [InlineData(100)]
    [InlineData(191)]
    [InlineData(255)]
    public async Task A_message_that_has_no_place_before_authentication_ends_the_connection(byte number)
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertDisconnectAsync(client, [number, 0, 0, 0, 0], DisconnectReason.ProtocolError, $"message {number}", ConnectionEnd.ClientProtocolError);
        await gateway.AssertServesAsync();
    }

    [Fact]
    public async Task Malformed_requests_end_the_connection()
    {
        byte[] good = AuthMessages.Query(Id, _stranger);
        byte[][] malformed = [good[..10], good[..^1], [.. good, 0], [MessageNumber.UserAuthRequest], [MessageNumber.UserAuthRequest, 0xff, 0xff, 0xff, 0xff]];
        foreach (byte[] request in malformed)
        {
            await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
            await AssertDisconnectAsync(client, request, DisconnectReason.ProtocolError, "", ConnectionEnd.ClientProtocolError);
        }
        await gateway.AssertServesAsync();
    }

    [Fact]
    public async Task A_malformed_key_is_refused_and_a_malformed_signature_ends_the_connection()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        byte[] badKey = SshWriter.Message(MessageNumber.UserAuthRequest).WriteString(Id).WriteString("ssh-connection").WriteString("publickey")
            .WriteBoolean(false).WriteString("ssh-ed25519").WriteString([1, 2, 3]).ToArray();
        await AssertRefusedAsync(client, badKey);
        byte[] badSignature = SshWriter.Message(MessageNumber.UserAuthRequest).WriteString(Id).WriteString("ssh-connection").WriteString("publickey")
            .WriteBoolean(true).WriteString("ssh-ed25519").WriteString(gateway.Key.PublicKey.Blob.Span).WriteString([1, 2, 3]).ToArray();
        await AssertDisconnectAsync(client, badSignature, DisconnectReason.ProtocolError, "", ConnectionEnd.ClientProtocolError);
        await gateway.AssertServesAsync();
    }

    [Fact]
    public async Task A_flood_of_pings_before_authentication_is_bounded()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        byte[] ping = SshWriter.Message(MessageNumber.Ping).WriteString(new byte[1000]).ToArray();
        Task flooding = Task.Run(async () =>
        {
            for (int i = 0; i < 1000; i++)
            {
                await client.Output.SendAsync(ping);
            }
        });
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.Contains("too many transport messages", told.Description, StringComparison.Ordinal);
        client.Abort();
        Assert.Equal(ConnectionEnd.ClientProtocolError, (await gateway.Ends.NextAsync()).End);
        await Record.ExceptionAsync(() => flooding.Limited());
        await gateway.AssertServesAsync();
    }

    // A log is read on a terminal and by programs: no line ends, no escape sequences, and no more than a name.
    [Fact]
    public async Task The_user_name_in_the_log_is_short_and_printable()
    {
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertRefusedAsync(client, AuthMessages.None("eve\" ended\n\x1b[31m" + new string('x', 10_000)));
        client.Abort();
        (ConnectionEnd end, string userName, _) = await gateway.Ends.NextAsync();
        Assert.Equal(ConnectionEnd.ClientLeftEarly, end);
        Assert.StartsWith("eve\" ended  [31mxxx", userName, StringComparison.Ordinal);
        Assert.InRange(userName.Length, 1, 512);
        Assert.DoesNotContain(userName, char.IsControl);
    }

    private static async Task SendAsync(SshTransport client, byte[] message) => await client.Output.SendAsync(message).Limited();

    private static async Task AssertRefusedAsync(SshTransport client, byte[] request)
    {
        await SendAsync(client, request);
        Assert.Equal(Refusal, (await client.ReceiveAsync().Limited()).Payload.ToArray());
    }

    private async Task AssertDisconnectAsync(SshTransport client, byte[] message, DisconnectReason reason, string words, ConnectionEnd end)
    {
        await SendAsync(client, message);
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.Equal((uint)reason, told.Reason);
        Assert.NotEmpty(told.Description);
        Assert.Contains(words, told.Description, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PeerGoneException>(() => client.ReceiveAsync().Limited());
        client.Abort();
        Assert.Equal(end, (await gateway.NextEndAsync()).End);
    }

    private async Task EndAsync(SshTransport client, ConnectionEnd end)
    {
        await client.DisconnectAsync(DisconnectReason.ByApplication, "bye");
        client.Abort();
        Assert.Equal(end, (await gateway.NextEndAsync()).End);
    }
}
