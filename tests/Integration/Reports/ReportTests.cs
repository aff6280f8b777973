using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Usage;
using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Integration.Reports;

/// <summary>Real logins at a proxy, and what two operators come to know of them.</summary>
public sealed class ReportTests : ReportFixture
{
    private static readonly byte[] Data = [94, 0, 0, 0, 0, 0, 0, 0, 1, (byte)'x'];

    [Fact]
    public async Task Every_operator_learns_who_is_there_when_the_stream_begins()
    {
        await using SshClientTransport client = await Gateway.LogInAsync();
        await using SshClientTransport other = await Gateway.LogInAsync();

        await Client!.StartAsync(CancellationToken.None);

        await ReportedAsync(new SessionUsage(2, Time.GetUtcNow()), advance: false);
    }

    [Fact]
    public async Task Logins_use_and_ends_are_reported()
    {
        await Client!.StartAsync(CancellationToken.None);
        await using SshClientTransport client = await Gateway.LogInAsync();
        await ReportedAsync(u => u.Connections == 1);

        Time.Advance(TimeSpan.FromMinutes(3));
        await client.Output.SendAsync(Data).Limited();
        Assert.Equal(Data, (await client.ReceiveAsync().Limited()).Payload.ToArray());
        DateTimeOffset used = Time.GetUtcNow();
        Gateway.OpenSessions.Review();
        await ReportedAsync(u => u.Connections == 1 && u.LastActivity >= used);

        client.Abort();
        await Gateway.Ends.NextAsync();
        await ReportedAsync(u => u.Connections == 0);
    }

    [Fact]
    public async Task A_login_that_came_and_went_between_two_reports_is_a_use()
    {
        await Client!.StartAsync(CancellationToken.None);
        await using (SshClientTransport client = await Gateway.LogInAsync())
        {
            client.Abort();
        }
        await Gateway.Ends.NextAsync();

        await ReportedAsync(u => u.Connections == 0);
    }

    [Fact]
    public async Task Every_operator_lists_the_connections_and_the_bytes_that_they_transfer()
    {
        await using SshClientTransport before = await Gateway.LogInAsync();
        await Client!.StartAsync(CancellationToken.None);
        await ListedAsync(connections => connections.Count == 1);
        await using SshClientTransport client = await Gateway.LogInAsync();
        await ListedAsync(connections => connections.Count == 2);
        foreach (UsageTable usage in Usage)
        {
            Assert.All(usage.Connections.Find(GatewayRig.SessionId), connection => Assert.Equal(
                ("proxy-a", "ssh", Gateway.Key.PublicKey.Fingerprint, "", "127.0.0.1"),
                (connection.Proxy, connection.Protocol, connection.Key, connection.Certificate, connection.Address.Split(':')[0])));
        }

        long counted = Usage[0].Connections.Find(GatewayRig.SessionId)[1].BytesFromClient;
        await client.Output.SendAsync(new byte[] { 94, 0, 0, 0, 0 }).Limited();
        await client.ReceiveAsync().Limited();
        Gateway.OpenSessions.Review();
        await ListedAsync(connections => connections[1].BytesFromClient > counted && connections[1].BytesToClient > 0);

        client.Abort();
        await Gateway.Ends.NextAsync();
        await ListedAsync(connections => connections.Count == 1);
    }

    // Whichever operator is asked: each has a stream of its own to the proxy.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Each_operator_can_close_a_connection(int index)
    {
        await Client!.StartAsync(CancellationToken.None);
        await using SshClientTransport other = await Gateway.LogInAsync();
        await ListedAsync(connections => connections.Count == 1);
        await using SshClientTransport client = await Gateway.LogInAsync();
        await ListedAsync(connections => connections.Count == 2);
        ConnectionTable table = Usage[index].Connections;
        LiveConnection connection = table.Find(GatewayRig.SessionId)[1];

        Task<CloseResult> closing = table.CloseAsync(connection, "somebody\n", CancellationToken.None);

        var disconnected = await Assert.ThrowsAsync<PeerDisconnectedException>(async () => await client.ReceiveAsync().Limited());
        Assert.Contains($"An administrator closed this connection to session {GatewayRig.SessionId} (connection {connection.Id}).", disconnected.Description, StringComparison.Ordinal);
        client.Abort();
        (ConnectionEnd end, _, string? detail) = await Gateway.Ends.NextAsync();
        Assert.Equal((ConnectionEnd.ClosedByAdministrator, "closed by somebody"), (end, detail?.TrimEnd()));
        await ListedAsync(connections => connections.Count == 1);
        Assert.Equal(CloseResult.Closed, await closing.Limited());
        await other.Output.SendAsync(Data).Limited();
        Assert.Equal(Data, (await other.ReceiveAsync().Limited()).Payload.ToArray());
    }

    [Fact]
    public async Task A_proxy_that_is_gone_takes_its_connections_away()
    {
        await using SshClientTransport client = await Gateway.LogInAsync();
        await Client!.StartAsync(CancellationToken.None);
        await ListedAsync(connections => connections.Count == 1);

        await Client.StopAsync(CancellationToken.None);

        await Eventually.TrueAsync(() => Usage.All(usage => usage.Connections.Find(GatewayRig.SessionId).Count == 0), "they are still listed");
        // The sum is kept for a while: the proxy may come back.
        Assert.All(Usage, usage => Assert.Equal(1, usage.Find(GatewayRig.SessionId)!.Value.Connections));
    }

    [Fact]
    public async Task Keys_that_were_learned_before_and_keys_that_are_refused_are_reported_to_every_operator()
    {
        await using (SshClientTransport client = await Gateway.LogInAsync())
        {
            client.Abort();
        }
        await Gateway.Ends.NextAsync();
        await Client!.StartAsync(CancellationToken.None);
        await OpinionAsync(opinion => opinion is { Key: { } key, MismatchFingerprint: null, LearnedFrom: "proxy-a" } && key.Fingerprint == Gateway.Pod.HostKey.Fingerprint);

        using var impostor = new PodPeer(Ed25519PrivateKey.Generate());
        Gateway.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: impostor.EndPoint, keys: [Gateway.Key.PublicKey]));
        await using (SshClientTransport refused = await Gateway.StartLoginAsync())
        {
            Assert.Equal(ConnectionEnd.PodHostKeyMismatch, (await EndAsync(refused)).End);
        }

        await OpinionAsync(opinion => opinion.Key!.Fingerprint == Gateway.Pod.HostKey.Fingerprint && opinion.MismatchFingerprint == impostor.HostKey.Fingerprint);
    }

    [Fact]
    public async Task Refused_logins_are_reported_as_a_sum_and_noticed_when_they_are_many()
    {
        var noticed = new System.Collections.Concurrent.ConcurrentQueue<SshGateway.Operator.Usage.RefusedLogins>();
        foreach (UsageTable usage in Usage)
        {
            usage.RefusedLogins.Noticed += noticed.Enqueue;
        }
        await Client!.StartAsync(CancellationToken.None);
        // The stream is there: what is refused from now on is told.
        await using SshClientTransport first = await Gateway.LogInAsync();
        await ReportedAsync(u => u.Connections == 1);
        using SshPrivateKey stranger = Ed25519PrivateKey.Generate();
        foreach (string session in (string[])[GatewayRig.SessionId, "nobody", GatewayRig.SessionId, GatewayRig.SessionId])
        {
            await using SshClientTransport client = await Gateway.ConnectForAuthenticationAsync();
            await client.Output.SendAsync(AuthMessages.Query(session, stranger)).Limited();
            Task answered = client.ReceiveAsync().AsTask();
            await Eventually.TrueAsync(
                () =>
                {
                    // Each refusal takes the same time.
                    Time.Advance(TimeSpan.FromMilliseconds(100));
                    return answered.IsCompleted;
                },
                "the key is not refused");
            await answered;
            client.Abort();
            await Eventually.TrueAsync(() => Gateway.Connections == 1, "the connection does not end");
        }

        await Eventually.TrueAsync(
            () =>
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                return noticed.Count == 2;
            },
            "both operators have been told");
        Assert.All(noticed, logins => Assert.Equal(
            (GatewayRig.SessionId, 3, "NotAuthorized", stranger.PublicKey.Fingerprint),
            (logins.SessionId, logins.Count, logins.Reason, Assert.Single(logins.Fingerprints))));
    }

    private async Task<(ConnectionEnd End, string UserName, string? Detail)> EndAsync(SshClientTransport client)
    {
        // The banner that explains it, and then the end.
        await client.ReceiveAsync().Limited();
        client.Abort();
        return await Gateway.Ends.NextAsync();
    }

    private async Task OpinionAsync(Func<HostKeyRecord, bool> expectation)
    {
        foreach (HostKeyTable hostKeys in HostKeys)
        {
            await Eventually.TrueAsync(
                () =>
                {
                    Time.Advance(TimeSpan.FromSeconds(1));
                    return hostKeys.Find("uid-1") is { } opinion && expectation(opinion);
                },
                "both operators have been told");
        }
    }

    private async Task ListedAsync(Func<IReadOnlyList<LiveConnection>, bool> expectation)
    {
        foreach (UsageTable usage in Usage)
        {
            await Eventually.TrueAsync(
                () =>
                {
                    Time.Advance(TimeSpan.FromSeconds(1));
                    return expectation(usage.Connections.Find(GatewayRig.SessionId));
                },
                "both operators list them");
        }
    }

    private Task ReportedAsync(SessionUsage expected, bool advance) => ReportedAsync(u => u == expected, advance);

    private async Task ReportedAsync(Func<SessionUsage, bool> expectation, bool advance = true)
    {
        foreach (UsageTable usage in Usage)
        {
            await Eventually.TrueAsync(
                () =>
                {
                    if (advance)
                    {
                        Time.Advance(TimeSpan.FromSeconds(1));
                    }
                    return usage.Find(GatewayRig.SessionId) is { } found && expectation(found);
                },
                "both operators have been told");
        }
    }
}
