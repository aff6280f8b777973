using System.Text;
using System.Text.RegularExpressions;
using SshGateway.Feed;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.SshConnections;

/// <summary>What a session's entry does to its open connections, and how many it may have.</summary>
public sealed class OpenSessionTests : IAsyncLifetime, IDisposable
{
    private static readonly byte[] Data = [MessageNumber.ChannelData, 0, 0, 0, 0, 0, 0, 0, 1, (byte)'x'];

    private readonly ManualTimeProvider _time = new();
    private readonly GatewayRig _gateway;

    public OpenSessionTests() => _gateway = new GatewayRig(new ProxyOptions(), new PodLoginLimits(), _time);

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task A_session_that_is_disabled_closes_its_connections_and_says_so()
    {
        await using SshClientTransport first = await _gateway.LogInAsync();
        await using SshClientTransport second = await _gateway.LogInAsync();

        Change(access: Access.Disabled);

        await AssertClosedAsync(first, ConnectionEnd.SessionDisabled, "Session abc12 was disabled.");
        await AssertClosedAsync(second, ConnectionEnd.SessionDisabled, "Session abc12 was disabled.");
    }

    [Fact]
    public async Task A_client_that_reads_nothing_is_closed_as_well()
    {
        await using SshClientTransport client = await _gateway.LogInAsync();
        byte[] much = [MessageNumber.ChannelData, .. new byte[30_000]];
        // The pod echoes and the client does not read, until nobody takes anything any more.
        Task flood = Task.Run(async () =>
        {
            for (int i = 0; i < 2000; i++)
            {
                await client.Output.SendAsync(much);
            }
        });
        await Task.WhenAny(flood, Task.Delay(500));

        Change(access: Access.Disabled);

        Task<(ConnectionEnd End, string UserName, string? Detail)> end = _gateway.Ends.NextAsync();
        await Eventually.CompletedAsync(end, _time, TimeSpan.FromSeconds(1));
        Assert.Equal(ConnectionEnd.SessionDisabled, (await end).End);
        client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => flood.Limited());
    }

    [Fact]
    public async Task A_draining_session_keeps_its_connections()
    {
        await using SshClientTransport client = await _gateway.LogInAsync();
        Change(access: Access.Draining);
        _gateway.OpenSessions.Review();
        await AssertLivesAsync(client);
        await LeaveAsync(client);
    }

    [Fact]
    public async Task An_expiry_closes_when_its_time_has_come()
    {
        Change(expiresAt: _time.GetUtcNow().ToUnixTimeSeconds() + 60);
        await using SshClientTransport client = await _gateway.LogInAsync();
        _time.Advance(TimeSpan.FromSeconds(59));
        _gateway.OpenSessions.Review();
        await AssertLivesAsync(client);

        _time.Advance(TimeSpan.FromSeconds(1));
        _gateway.OpenSessions.Review();

        await AssertClosedAsync(client, ConnectionEnd.SessionExpired, "Session abc12 expired on ");
    }

    [Fact]
    public async Task An_expiry_that_is_put_back_into_the_past_closes_at_once()
    {
        await using SshClientTransport client = await _gateway.LogInAsync();
        Change(expiresAt: 1);
        await AssertClosedAsync(client, ConnectionEnd.SessionExpired, "expired on ");
    }

    // A key that is taken from the list keeps what it opened; one that is revoked does not.
    [Fact]
    public async Task A_key_that_is_revoked_for_all_sessions_closes_its_connections_at_the_next_review()
    {
        using var otherKey = Ed25519PrivateKey.Generate();
        _gateway.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: _gateway.Pod.EndPoint, keys: [_gateway.Key.PublicKey, otherKey.PublicKey]));
        await using SshClientTransport client = await _gateway.LogInAsync();
        Revoke(otherKey.PublicKey);
        _gateway.OpenSessions.Review();
        await AssertLivesAsync(client);

        Revoke(_gateway.Key.PublicKey);
        _gateway.OpenSessions.Review();

        await AssertClosedAsync(client, ConnectionEnd.KeyRevoked, "Your key is revoked by its key, so this connection to session abc12 was closed.");
        await AssertUnauthorizedAsync($"{_gateway.Key.PublicKey.Fingerprint} (Revoked). The last one is revoked by its key.");
    }

    [Fact]
    public async Task A_key_that_its_session_revokes_closes_its_connections_at_once()
    {
        await using SshClientTransport client = await _gateway.LogInAsync();

        _gateway.Table.Upsert(Sessions.Entry(
            GatewayRig.SessionId, endpoint: _gateway.Pod.EndPoint, keys: [_gateway.Key.PublicKey], revoked: [_gateway.Key.PublicKey]));

        await AssertClosedAsync(client, ConnectionEnd.KeyRevoked, "Your key is revoked by the session");
        await AssertUnauthorizedAsync("is revoked by the session");
    }

    // The session no longer lists anything, and is gone at last: what it opened lives on until it is revoked.
    [Fact]
    public async Task A_key_that_is_revoked_closes_the_connections_of_a_session_that_is_gone()
    {
        await using SshClientTransport client = await _gateway.LogInAsync();
        _gateway.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: _gateway.Pod.EndPoint));
        _gateway.Table.Remove(GatewayRig.SessionId, "uid-1");
        _gateway.OpenSessions.Review();
        await AssertLivesAsync(client);

        Revoke(_gateway.Key.PublicKey);
        _gateway.OpenSessions.Review();

        await AssertClosedAsync(client, ConnectionEnd.KeyRevoked, "Your key is revoked");
    }

    public static TheoryData<byte[]> Uses => [Data, [MessageNumber.ChannelExtendedData, 1, 2], [MessageNumber.ChannelOpen, 1, 2]];

    [Theory]
    [MemberData(nameof(Uses))]
    public async Task A_connection_that_is_used_is_not_idle(byte[] use)
    {
        Change(idleTimeout: TimeSpan.FromMinutes(10));
        await using SshClientTransport client = await _gateway.LogInAsync();
        for (int i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(9));
            await AssertLivesAsync(client, use);
            _gateway.OpenSessions.Review();
        }
        await AssertLivesAsync(client, use);
        await LeaveAsync(client);
    }

    // OpenSSH's ServerAliveInterval sends the first, its ClientAliveInterval the second, ObscureKeystrokeTiming the
    // last (OpenSSH PROTOCOL section 1.8).
    public static TheoryData<byte[]> Keepalives =>
    [
        SshWriter.Message(MessageNumber.GlobalRequest).WriteString("keepalive@openssh.com").WriteBoolean(true).ToArray(),
        SshWriter.Message(98).WriteUInt32(0).WriteString("keepalive@openssh.com").WriteBoolean(true).ToArray(),
        SshWriter.Message(93).WriteUInt32(0).WriteUInt32(1024).ToArray(),
        SshWriter.Message(MessageNumber.Ping).WriteString("PING!").ToArray(),
    ];

    [Theory]
    [MemberData(nameof(Keepalives))]
    public async Task Keepalives_do_not_keep_an_idle_connection(byte[] keepalive)
    {
        Change(idleTimeout: TimeSpan.FromMinutes(10));
        await using SshClientTransport client = await _gateway.LogInAsync();
        _time.Advance(TimeSpan.FromMinutes(9));
        await client.Output.SendAsync(keepalive).Limited();
        if (keepalive[0] != MessageNumber.Ping)
        {
            Assert.Equal(keepalive, (await client.ReceiveAsync().Limited()).Payload.ToArray());
        }
        _gateway.OpenSessions.Review();
        _time.Advance(TimeSpan.FromMinutes(1));

        _gateway.OpenSessions.Review();

        await AssertClosedAsync(client, ConnectionEnd.IdleTimeout, "idle for 10 minutes");
    }

    [Fact]
    public async Task Only_the_idle_connection_of_a_session_is_closed()
    {
        Change(idleTimeout: TimeSpan.FromMinutes(10));
        await using SshClientTransport idle = await _gateway.LogInAsync();
        await using SshClientTransport used = await _gateway.LogInAsync();
        _time.Advance(TimeSpan.FromMinutes(10));
        await AssertLivesAsync(used);

        _gateway.OpenSessions.Review();

        await AssertClosedAsync(idle, ConnectionEnd.IdleTimeout, "was idle");
        await AssertLivesAsync(used);
        await LeaveAsync(used);
    }

    [Fact]
    public async Task A_session_has_at_most_its_maximum_of_connections()
    {
        Change(maxConnections: 2);
        await using SshClientTransport first = await _gateway.LogInAsync();
        await using SshClientTransport second = await _gateway.LogInAsync();

        await AssertRefusedAsync("Session abc12 already has 2 open connections, the maximum. Close one and try again.");

        await LeaveAsync(first);
        await using SshClientTransport third = await _gateway.LogInAsync();
        await AssertLivesAsync(second);
        await LeaveAsync(second);
        await LeaveAsync(third);
    }

    [Fact]
    public async Task A_lowered_maximum_closes_nothing_and_admits_nobody()
    {
        await using SshClientTransport first = await _gateway.LogInAsync();
        await using SshClientTransport second = await _gateway.LogInAsync();
        Change(maxConnections: 1);
        _gateway.OpenSessions.Review();

        await AssertRefusedAsync("Session abc12 already has 2 open connections, the maximum. Close one and try again.");

        await AssertLivesAsync(first);
        await LeaveAsync(first);
        await LeaveAsync(second);
    }

    [Fact]
    public async Task A_login_that_fails_gives_its_place_back()
    {
        Change(maxConnections: 1, state: EndpointState.Draining);
        for (int i = 0; i < 3; i++)
        {
            await using SshClientTransport client = await _gateway.StartLoginAsync();
            Assert.Contains("is being deleted", await BannerAsync(client), StringComparison.Ordinal);
            client.Abort();
            Assert.Equal(ConnectionEnd.PodTerminating, (await _gateway.Ends.NextAsync()).End);
        }
    }

    [Fact]
    public async Task A_removed_session_keeps_its_connections_and_their_limits()
    {
        Change(idleTimeout: TimeSpan.FromMinutes(10));
        await using SshClientTransport client = await _gateway.LogInAsync();
        _gateway.Table.Remove(GatewayRig.SessionId, "uid-1");
        _gateway.OpenSessions.Review();
        await AssertLivesAsync(client);
        _gateway.OpenSessions.Review();

        _time.Advance(TimeSpan.FromMinutes(10));
        _gateway.OpenSessions.Review();

        await AssertClosedAsync(client, ConnectionEnd.IdleTimeout, "was idle");
    }

    [Fact]
    public async Task A_proxy_that_stops_tells_its_open_sessions()
    {
        await using SshClientTransport client = await _gateway.LogInAsync();
        Task stop = _gateway.StopAsync();
        await AssertClosedAsync(client, ConnectionEnd.ProxyStopping, "shutting down");
        await stop;
    }

    private void Change(
        Access access = Access.Enabled, EndpointState state = EndpointState.Ready, long expiresAt = 0, int maxConnections = 0, TimeSpan idleTimeout = default) =>
        _gateway.Table.Upsert(Sessions.Entry(
            GatewayRig.SessionId, state, access, _gateway.Pod.EndPoint, expiresAt: expiresAt, maxConnections: maxConnections, idleTimeout: idleTimeout, keys: [_gateway.Key.PublicKey]));

    private void Revoke(SshPublicKey key) => _gateway.RevokedKeys.List = RevocationList.Parse(Encoding.ASCII.GetBytes($"{key}\n"));

    private async Task AssertUnauthorizedAsync(string logged)
    {
        await using SshClientTransport client = await _gateway.ConnectForAuthenticationAsync();
        await client.Output.SendAsync(AuthMessages.Signed(client, GatewayRig.SessionId, _gateway.Key)).Limited();
        Task<InboundPacket> answer = client.ReceiveAsync().AsTask();
        await Eventually.CompletedAsync(answer, _time, TimeSpan.FromMilliseconds(10));
        Assert.Equal(MessageNumber.UserAuthFailure, (await answer).Number);
        client.Abort();
        (ConnectionEnd End, string UserName, string? Detail) end = await _gateway.NextEndAsync();
        Assert.Equal(ConnectionEnd.AuthenticationFailed, end.End);
        Assert.Contains(logged, end.Detail, StringComparison.Ordinal);
    }

    private static async Task AssertLivesAsync(SshClientTransport client, byte[]? message = null)
    {
        await client.Output.SendAsync(message ?? Data).Limited();
        Assert.Equal(message ?? Data, (await client.ReceiveAsync().Limited()).Payload.ToArray());
    }

    private async Task AssertClosedAsync(SshClientTransport client, ConnectionEnd end, string sentence)
    {
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.Contains(sentence, told.Description, StringComparison.Ordinal);
        client.Abort();
        Assert.Equal(end, (await _gateway.Ends.NextAsync()).End);
    }

    private async Task AssertRefusedAsync(string sentence)
    {
        await using SshClientTransport client = await _gateway.StartLoginAsync();
        string banner = await BannerAsync(client);
        Assert.Matches($@"\A{Regex.Escape(sentence)} \(connection [0-9a-f]{{8}}-\d+\)\r\n\z", banner);
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.Equal(banner.TrimEnd(), told.Description);
        client.Abort();
        Assert.Equal(ConnectionEnd.TooManyConnections, (await _gateway.Ends.NextAsync()).End);
    }

    private static async Task<string> BannerAsync(SshClientTransport client)
    {
        InboundPacket packet = await client.ReceiveAsync().Limited();
        Assert.Equal(MessageNumber.UserAuthBanner, packet.Number);
        return Encoding.UTF8.GetString(new SshReader(packet.Payload[1..]).ReadString());
    }

    private async Task LeaveAsync(SshClientTransport client)
    {
        await client.DisconnectAsync(DisconnectReason.ByApplication, "bye");
        client.Abort();
        Assert.Equal(ConnectionEnd.ClientClosed, (await _gateway.Ends.NextAsync()).End);
    }
}
