using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Usage;

/// <summary>The operator's list of open connections, and what it asks of their proxies.</summary>
public sealed class ConnectionTableTests : IDisposable
{
    private readonly UsageTable _usage;
    private readonly List<string> _changed = [];

    public ConnectionTableTests()
    {
        _usage = new UsageTable(new EndpointTable(), new ManualTimeProvider());
        Table.Changed += sessions => _changed.AddRange(sessions.Order());
    }

    private ConnectionTable Table => _usage.Connections;

    public void Dispose() => _usage.Dispose();

    [Fact]
    public void Connections_of_all_proxies_are_listed_by_session()
    {
        ProxyUsage first = Open("proxy-1");
        ProxyUsage second = Open("proxy-2");
        first.Report(Report(Connection("a-1", "abc"), Connection("a-2", "other")));
        second.Report(Report(Connection("b-1", "abc")));

        Assert.Equal([("a-1", "proxy-1"), ("b-1", "proxy-2")], Table.Find("abc").Select(c => (c.Id, c.Proxy)));
        LiveConnection listed = Table.Find("other", "a-2")!;
        Assert.Equal(
            ("ssh", "SHA256:key", "alice@laptop", "192.0.2.7:50022", DateTimeOffset.FromUnixTimeSeconds(1000), 1L, 2L),
            (listed.Protocol, listed.Key, listed.Certificate, listed.Address, listed.Since, listed.BytesFromClient, listed.BytesToClient));
        Assert.Empty(Table.Find("nosuch"));
        Assert.Null(Table.Find("abc", "a-2"));
        Assert.Equal(["abc", "other", "abc"], _changed);
    }

    [Fact]
    public void Bytes_follow_and_are_no_news()
    {
        ProxyUsage proxy = Open("proxy-1");
        proxy.Report(Report(Connection("a-1", "abc")));
        LiveConnection listed = Table.Find("abc", "a-1")!;
        _changed.Clear();

        proxy.Report(Report(new OpenConnection { Id = "a-1", BytesFromClient = 10, BytesToClient = ulong.MaxValue }));

        Assert.Equal((10, long.MaxValue), (listed.BytesFromClient, listed.BytesToClient));
        Assert.Equal("abc", Assert.Single(Table.Find("abc")).SessionId);
        Assert.Empty(_changed);
    }

    [Fact]
    public void What_has_ended_and_what_a_lost_proxy_had_is_gone()
    {
        ProxyUsage lost = Open("proxy-1");
        lost.Report(Report(Connection("a-1", "abc"), Connection("a-2", "abc"), Connection("a-3", "abc")));
        using ProxyUsage other = Open("proxy-2");
        other.Report(Report(Connection("b-1", "abc")));

        // One that this stream does not have is not its to end.
        lost.Report(new Activity { EndedConnections = { "a-2", "b-1", "nosuch" } });
        Assert.Equal(["a-1", "a-3", "b-1"], Table.Find("abc").Select(c => c.Id));

        lost.Dispose();
        Assert.Equal(["b-1"], Table.Find("abc").Select(c => c.Id));
        lost.Report(Report(Connection("a-4", "abc")));
        Assert.Equal(["b-1"], Table.Find("abc").Select(c => c.Id));
    }

    // The operator has not noticed yet that the stream before is lost.
    [Fact]
    public void A_connection_that_is_reported_on_two_streams_is_listed_once_and_outlives_the_older_one()
    {
        ProxyUsage before = Open("proxy-1");
        before.Report(Report(Connection("a-1", "abc")));
        using ProxyUsage after = Open("proxy-1");
        after.Report(Report(Connection("a-1", "abc")));
        Assert.Single(Table.Find("abc"));

        before.Dispose();

        Assert.Single(Table.Find("abc"));
    }

    [Fact]
    public void A_proxy_takes_the_memory_of_twenty_thousand_connections_and_no_more()
    {
        using ProxyUsage proxy = Open("proxy-1");
        for (int i = 0; i < 30; i++)
        {
            proxy.Report(Report([.. Enumerable.Range(0, 1000).Select(n => Connection($"a-{i}-{n}", "abc"))]));
        }
        Assert.Equal(FeedLimits.MaxReportedConnections, Table.Find("abc").Count);

        proxy.Report(new Activity { EndedConnections = { "a-0-0" } });
        proxy.Report(Report(Connection("late", "abc")));
        Assert.NotNull(Table.Find("abc", "late"));
    }

    // It could not be asked to close them.
    [Fact]
    public void A_stream_that_follows_the_table_lists_nothing()
    {
        using ProxyUsage following = _usage.Open("proxy-1");
        following.Report(Report(Connection("a-1", "abc")));
        Assert.Empty(Table.Find("abc"));
    }

    [Fact]
    public async Task Closing_asks_the_proxy_that_has_it_and_waits_for_the_end()
    {
        using ProxyUsage other = Open("proxy-2");
        ProxyUsage proxy = Open("proxy-1");
        proxy.Report(Report(Connection("a-1", "abc"), Connection("a-2", "abc")));

        Task<CloseResult> closing = CloseAsync("a-1");
        Task<CloseResult> again = CloseAsync("a-1");
        Assert.True(proxy.OpenConnections!.Requests.TryRead(out CloseConnection? request));
        Assert.Equal(("abc", "a-1", "system:serviceaccount:tars:tars"), (request.SessionId, request.ConnectionId, request.Caller));
        Assert.False(other.OpenConnections!.Requests.TryRead(out _));
        Assert.False(closing.IsCompleted);
        LiveConnection listed = Table.Find("abc", "a-1")!;
        proxy.Report(new Activity { EndedConnections = { "a-1" } });
        Assert.Equal([CloseResult.Closed, CloseResult.Closed], await Task.WhenAll(closing, again));
        Assert.Equal(CloseResult.Closed, await Table.CloseAsync(listed, "", CancellationToken.None));

        listed = Table.Find("abc", "a-2")!;
        closing = CloseAsync("a-2");
        proxy.Dispose();
        Assert.Equal(CloseResult.ProxyLost, await closing);
        Assert.Equal(CloseResult.ProxyLost, await Table.CloseAsync(listed, "", CancellationToken.None));
    }

    [Fact]
    public async Task A_proxy_that_takes_no_requests_gets_a_thousand_and_no_more()
    {
        using ProxyUsage proxy = Open("proxy-1");
        proxy.Report(Report(Connection("a-1", "abc")));
        Task<CloseResult>[] waiting = [.. Enumerable.Range(0, 1000).Select(_ => CloseAsync("a-1"))];
        Assert.Equal(CloseResult.ProxyBusy, await CloseAsync("a-1"));
        Assert.All(waiting, closing => Assert.False(closing.IsCompleted));
    }

    public static TheoryData<string> Breaches =>
        ["no id", "an id", "a long id", "a session", "a protocol", "a key", "a certificate", "a long certificate", "an address", "a time", "too many", "too many ended", "an ended id"];

    [Theory]
    [MemberData(nameof(Breaches))]
    public void A_report_beyond_its_bounds_is_refused(string what)
    {
        Activity report = Report(Connection("good", "abc"));
        OpenConnection bad = Connection("bad", "abc");
        switch (what)
        {
            case "no id": bad.Id = ""; break;
            case "an id": bad.Id = "a/b"; break;
            case "a long id": bad.Id = new string('a', 65); break;
            case "a session": bad.SessionId = "Not_An_Id"; break;
            case "a protocol": bad.Protocol = "s s"; break;
            case "a key": bad.KeyFingerprint = "SHA256:\n"; break;
            case "a certificate": bad.Certificate = "alice\u001b[0m"; break;
            case "a long certificate": bad.Certificate = new string('a', 257); break;
            case "an address": bad.Address = new string('1', 65); break;
            case "a time": bad.Since = long.MaxValue; break;
            case "too many": report.Connections.Add(Enumerable.Repeat(bad, 999)); break;
            case "too many ended": report.EndedConnections.Add(Enumerable.Repeat("a", 1001)); break;
            default: report.EndedConnections.Add("a b"); break;
        }
        report.Connections.Add(bad);
        using ProxyUsage proxy = Open("proxy-1");

        RpcException refused = Assert.Throws<RpcException>(() => proxy.Report(report));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Empty(Table.Find("abc"));
    }

    private ProxyUsage Open(string proxyId) => _usage.Open(proxyId, reportsOnly: true);

    private Task<CloseResult> CloseAsync(string id) =>
        Table.CloseAsync(Table.Find("abc", id)!, "system:serviceaccount:tars:tars", CancellationToken.None);

    private static Activity Report(params OpenConnection[] connections) => new() { Connections = { connections } };

    private static OpenConnection Connection(string id, string sessionId) => new()
    {
        Id = id,
        SessionId = sessionId,
        Protocol = "ssh",
        KeyFingerprint = "SHA256:key",
        Certificate = "alice@laptop",
        Address = "192.0.2.7:50022",
        Since = 1000,
        BytesFromClient = 1,
        BytesToClient = 2,
    };
}
