using System.Text;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.Limits;

/// <summary>
/// Clients beyond the limits, at the real listener: what they read, and what they do not take from others.
/// </summary>
public sealed class ClientLimitsTests : IAsyncLifetime, IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly ProxyOptions _options = new() { ProxyProtocolFrom = { "127.0.0.0/8" } };
    private readonly GatewayRig _gateway;

    public ClientLimitsTests()
    {
        _options.MaxConnections = 8;
        _options.MaxUnauthenticated = 5;
        _options.MaxUnauthenticatedPerSource = 2;
        _gateway = new GatewayRig(_options, new PodLoginLimits(), _time);
    }

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task A_source_may_have_so_many_clients_that_are_not_logged_in()
    {
        await using SshClientTransport first = await _gateway.ConnectForAuthenticationAsync(From("192.0.2.1"));
        await using SshClientTransport second = await _gateway.ConnectForAuthenticationAsync(From("192.0.2.1"));

        await AssertRefusedAsync("192.0.2.1", "Too many logins from your address have not finished.", ConnectionEnd.TooManyUnauthenticated);

        await using SshClientTransport other = await _gateway.LogInAsync(From("192.0.2.2"));
        // Who logs in makes room.
        await first.Output.SendAsync(AuthMessages.Signed(first, GatewayRig.SessionId, _gateway.Key)).Limited();
        Assert.Equal(52, (await first.ReceiveAsync().Limited()).Number);
        await using SshClientTransport third = await _gateway.LogInAsync(From("192.0.2.1"));
        await using SshClientTransport fourth = await _gateway.LogInAsync(From("192.0.2.1"));
    }

    // Refused in its place, everybody else would be shut out by a few sources for as long as a login may take.
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.3", "192.0.2.2", "192.0.2.3", "192.0.2.4", 1)]
    // One /48 that has many /64s.
    [InlineData("192.0.2.1", "2001:db8:2::1", "2001:db8:1:1::1", "192.0.2.2", "2001:db8:1:2::1", 2)]
    // Everybody has one: the oldest of all.
    [InlineData("2001:db8:2::1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", 0)]
    public async Task When_all_places_are_taken_the_oldest_client_of_the_source_that_has_the_most_makes_room(
        string first, string second, string third, string fourth, string fifth, int displaced)
    {
        var open = new List<SshClientTransport>();
        foreach (string source in new[] { first, second, third, fourth, fifth })
        {
            open.Add(await _gateway.ConnectForAuthenticationAsync(From(source)));
        }

        await using SshClientTransport next = await _gateway.ConnectForAuthenticationAsync(From("192.0.2.9"));

        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => open[displaced].ReceiveAsync().Limited());
        Assert.StartsWith("This gateway is busy with other logins. Try again in a moment.", told.Description, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.Displaced, (await _gateway.Ends.NextAsync()).End);
        foreach (SshClientTransport client in open.Where(client => client != open[displaced]).Append(next))
        {
            await client.Output.SendAsync(AuthMessages.Signed(client, GatewayRig.SessionId, _gateway.Key)).Limited();
            Assert.Equal(52, (await client.ReceiveAsync().Limited()).Number);
        }
        foreach (SshClientTransport leg in open)
        {
            await leg.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_proxy_takes_so_many_in_all()
    {
        var open = new List<SshClientTransport>();
        for (int i = 0; i < 8; i++)
        {
            open.Add(await _gateway.LogInAsync(From("192.0.2.1")));
        }
        await AssertRefusedAsync("192.0.2.9", "This gateway has reached its connection limit.", ConnectionEnd.ProxyFull);
        open[0].Abort();
        Assert.Equal(ConnectionEnd.ClientClosed, (await _gateway.Ends.NextAsync()).End);
        await EventuallyServesAsync("192.0.2.9");
        foreach (SshClientTransport leg in open)
        {
            await leg.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_source_whose_logins_fail_is_refused_for_a_while_and_reads_how_long()
    {
        for (int i = 0; i < 3; i++)
        {
            await FailAsync("192.0.2.1");
        }
        await using (SshClientTransport last = await _gateway.ConnectAsync(From("192.0.2.1")))
        {
            last.Abort();
            Assert.Equal(ConnectionEnd.ClientLeftEarly, (await _gateway.Ends.NextAsync()).End);
        }

        await AssertRefusedAsync("192.0.2.1", "Too many logins from your address have failed. Try again in 16 seconds.", ConnectionEnd.SourcePenalized);
        await using (SshClientTransport other = await _gateway.LogInAsync(From("192.0.2.2")))
        {
        }
        _time.Advance(TimeSpan.FromSeconds(16));
        await EventuallyServesAsync("192.0.2.1");
    }

    // A key exchange for everybody who is refused would be what the limits are there to prevent. A line is free, and
    // ssh -v shows it.
    [Fact]
    public async Task Only_twenty_a_second_are_told_by_a_DISCONNECT_and_the_others_read_a_line()
    {
        var open = new List<SshClientTransport>();
        for (int i = 0; i < 8; i++)
        {
            open.Add(await _gateway.LogInAsync(From("192.0.2.1")));
        }
        for (int i = 0; i < 20; i++)
        {
            await AssertRefusedAsync("192.0.2.9", "This gateway has reached its connection limit.", ConnectionEnd.ProxyFull);
        }
        using (HandmadeClient client = await HandmadeClient.ConnectAsync(_gateway.Address))
        {
            Assert.Equal("This gateway has reached its connection limit. Try again in a moment.\r\n", Encoding.ASCII.GetString(await client.ReadToEndAsync()));
        }
        _time.Advance(TimeSpan.FromSeconds(1));
        await AssertRefusedAsync("192.0.2.9", "This gateway has reached its connection limit.", ConnectionEnd.ProxyFull);
        foreach (SshClientTransport leg in open)
        {
            await leg.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_program_that_asks_by_CONNECT_reads_it_as_HTTP()
    {
        var open = new List<SshClientTransport>();
        for (int i = 0; i < 8; i++)
        {
            open.Add(await _gateway.LogInAsync(From("192.0.2.1")));
        }
        using HandmadeClient client = await HandmadeClient.ConnectAsync(_gateway.Address);
        await client.SendRawAsync([.. From("192.0.2.9"), .. "CONNECT abc12:22 HTTP/1.1\r\n\r\n"u8]);
        Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\n", Encoding.ASCII.GetString(await client.ReadToEndAsync()), StringComparison.Ordinal);
        foreach (SshClientTransport leg in open)
        {
            await leg.DisposeAsync();
        }
    }

    // Many people behind one address: one who logs in shows that it is not an attacker's alone.
    [Fact]
    public async Task The_first_login_that_succeeds_forgives_what_failed_before()
    {
        for (int i = 0; i < 4; i++)
        {
            await FailAsync("192.0.2.1");
            await FailAsync("192.0.2.1");
            await using SshClientTransport good = await _gateway.LogInAsync(From("192.0.2.1"));
            good.Abort();
            Assert.Equal(ConnectionEnd.ClientClosed, (await _gateway.Ends.NextAsync()).End);
        }
    }

    // A login that succeeds is none of the failures, however the session ends.
    [Fact]
    public async Task Who_logs_in_is_not_penalized()
    {
        for (int i = 0; i < 20; i++)
        {
            await using SshClientTransport client = await _gateway.LogInAsync(From("192.0.2.1"));
            client.Abort();
            await _gateway.Ends.NextAsync();
        }
    }

    [Fact]
    public async Task Nor_is_who_breaks_the_protocol_afterwards()
    {
        for (int i = 0; i < 20; i++)
        {
            await using SshClientTransport client = await _gateway.LogInAsync(From("192.0.2.1"));
            // A length of AES-GCM that is out of range.
            await client.Socket.WriteAsync(new byte[] { 0xff, 0, 0, 0 }).Limited();
            await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
            client.Abort();
            Assert.Equal(ConnectionEnd.ClientProtocolError, (await _gateway.Ends.NextAsync()).End);
        }
    }

    [Fact]
    public async Task Only_so_many_refused_clients_are_waited_for()
    {
        var open = new List<SshClientTransport>();
        for (int i = 0; i < 8; i++)
        {
            open.Add(await _gateway.LogInAsync(From("192.0.2.1")));
        }
        var refused = new List<HandmadeClient>();
        // None of them closes, and time does not pass: 64 are waited for, the 65th is not.
        for (int i = 0; i < 65; i++)
        {
            refused.Add(await HandmadeClient.ConnectAsync(_gateway.Address));
        }
        Assert.Equal(ConnectionEnd.ProxyFull, (await _gateway.Ends.NextAsync()).End);
        foreach (HandmadeClient client in refused)
        {
            client.Dispose();
        }
        foreach (SshClientTransport leg in open)
        {
            await leg.DisposeAsync();
        }
    }

    private static byte[] From(string source) => Encoding.ASCII.GetBytes(
        source.Contains(':', StringComparison.Ordinal) ? $"PROXY TCP6 {source} 2001:db8::1 50000 2222\r\n" : $"PROXY TCP4 {source} 198.51.100.1 50000 2222\r\n");

    private async Task FailAsync(string source)
    {
        using var stranger = Ed25519PrivateKey.Generate();
        await using SshClientTransport client = await _gateway.ConnectForAuthenticationAsync(From(source));
        await client.Output.SendAsync(AuthMessages.Query(GatewayRig.SessionId, stranger)).Limited();
        client.Abort();
        Task<(ConnectionEnd End, string UserName, string? Detail)> ended = _gateway.NextEndAsync();
        // The refusal of the key takes its time first.
        await Eventually.CompletedAsync(ended, _time, TimeSpan.FromMilliseconds(1));
        Assert.Equal(ConnectionEnd.AuthenticationFailed, (await ended).End);
    }

    /// <summary>It reads why where ssh shows it.</summary>
    private async Task AssertRefusedAsync(string source, string sentence, ConnectionEnd end)
    {
        await using SshClientTransport client = await _gateway.ConnectAsync(From(source));
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.StartsWith(sentence, told.Description, StringComparison.Ordinal);
        Assert.Equal(end == ConnectionEnd.SourcePenalized ? 11u : 12u, told.Reason);
        client.Abort();
        ConnectionEnd ended;
        while ((ended = (await _gateway.NextEndAsync()).End) != end)
        {
            // Another connection of the same test.
            Assert.Equal(ConnectionEnd.ClientClosed, ended);
        }
    }

    private async Task EventuallyServesAsync(string source)
    {
        // The place is free a moment after the end has been logged.
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await using SshClientTransport client = await _gateway.LogInAsync(From(source));
                    return true;
                }
                catch (Exception refused) when (refused is PeerGoneException or PeerDisconnectedException)
                {
                    return false;
                }
            },
            $"{source} is not served");
    }
}
