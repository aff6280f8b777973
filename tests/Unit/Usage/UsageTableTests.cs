using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Usage;

/// <summary>The operator's sum of what proxies report.</summary>
public sealed class UsageTableTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly EndpointTable _known = new();
    private readonly UsageTable _table;
    private readonly List<string> _changed = [];

    public UsageTableTests()
    {
        _known.Apply([.. "abcd".Select(id => new TableEntry($"{id}", "", new byte[1]))], [], default);
        _table = new UsageTable(_known, _time);
        _table.Changed += sessions => _changed.AddRange(sessions.Order());
    }

    public void Dispose() => _table.Dispose();

    [Fact]
    public void Connections_are_summed_over_proxies_and_the_latest_use_counts()
    {
        ProxyUsage first = _table.Open("proxy-1");
        ProxyUsage second = _table.Open("proxy-2");
        first.Report(Full(("a", 2, -60), ("b", 1, 0)));
        second.Report(Full(("a", 3, -30)));

        Assert.Equal(new SessionUsage(5, Ago(30)), _table.Find("a"));
        Assert.Equal(new SessionUsage(1, Ago(0)), _table.Find("b"));
        Assert.Null(_table.Find("c"));
        Assert.Equal(["a", "b", "a"], _changed);
    }

    [Fact]
    public void Of_sessions_that_do_not_exist_a_proxy_reports_a_thousand_and_no_more()
    {
        using ProxyUsage liar = _table.Open("proxy-1");
        for (int i = 0; i < 5; i++)
        {
            liar.Report(News([.. Enumerable.Range(0, 1000).Select(n => ($"none-{i}-{n}", 1u, 0))]));
        }
        Assert.Equal((1000, 1000), _table.Totals);
        liar.Report(News(("a", 2, 0)));
        Assert.Equal(2, _table.Find("a")!.Value.Connections);

        // Another proxy has a share of its own, and one session that came into being meanwhile counts no more.
        using ProxyUsage honest = _table.Open("proxy-2");
        honest.Report(News(("new", 1, 0)));
        Assert.Equal(1, _table.Find("new")!.Value.Connections);
        _known.Apply([new TableEntry("none-0-0", "", new byte[1])], [], default);
        _time.Advance(TimeSpan.FromSeconds(10));
        liar.Report(News(("none-9-1", 1, 0), ("none-9-2", 1, 0)));
        Assert.Equal((1004, 1003), _table.Totals);

        liar.Dispose();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((1, 1), _table.Totals);
    }

    [Fact]
    public void Unused_sessions_that_do_not_exist_are_forgotten_at_once()
    {
        using ProxyUsage proxy = _table.Open("proxy-1");
        for (int i = 0; i < 5; i++)
        {
            proxy.Report(News([.. Enumerable.Range(0, 1000).Select(n => ($"none-{i}-{n}", 0u, 0))]));
            _time.Advance(TimeSpan.FromSeconds(10));
        }
        Assert.Empty(proxy.Unknown);
        proxy.Report(News(("late", 1, 0)));
        Assert.Equal(1, _table.Find("late")!.Value.Connections);
    }

    [Fact]
    public void A_change_replaces_what_the_proxy_said_and_leaves_the_rest()
    {
        ProxyUsage proxy = _table.Open("proxy-1");
        proxy.Report(Full(("a", 2, -60), ("b", 1, -60)));
        proxy.Report(News(("a", 0, -10)));

        Assert.Equal(new SessionUsage(0, Ago(10)), _table.Find("a"));
        Assert.Equal(1, _table.Find("b")!.Value.Connections);
    }

    [Fact]
    public void A_proxy_that_comes_back_in_time_has_lost_nothing_and_begins_anew()
    {
        ProxyUsage before = _table.Open("proxy-1");
        before.Report(Full(("a", 2, -60), ("b", 1, -60)));
        before.Dispose();
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(2, _table.Find("a")!.Value.Connections);

        ProxyUsage after = _table.Open("proxy-1");
        Assert.Equal(2, _table.Find("a")!.Value.Connections);
        after.Report(Full(("a", 1, -5)));

        Assert.Equal(1, _table.Find("a")!.Value.Connections);
        Assert.Equal(0, _table.Find("b")!.Value.Connections);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, _table.Find("a")!.Value.Connections);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_proxy_that_does_not_come_back_is_forgotten_after_its_grace_whoever_sets_the_clock(int hours)
    {
        ProxyUsage gone = _table.Open("proxy-1");
        _table.Open("proxy-2").Report(Full(("a", 1, 0)));
        gone.Report(Full(("a", 2, 0)));
        gone.Dispose();
        _changed.Clear();
        _time.ClockSet = TimeSpan.FromHours(hours);

        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(3, _table.Find("a")!.Value.Connections);
        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(1, _table.Find("a")!.Value.Connections);
        Assert.Equal(["a"], _changed);
    }

    // Two proxies with one id, by mistake: neither takes the other's place while it lives.
    [Fact]
    public void Living_streams_of_one_id_both_count()
    {
        _table.Open("proxy").Report(Full(("a", 1, 0)));
        _table.Open("proxy").Report(Full(("a", 1, 0)));
        Assert.Equal(2, _table.Find("a")!.Value.Connections);
    }

    [Fact]
    public void A_clock_that_is_ahead_keeps_no_session_alive()
    {
        _table.Open("proxy-1").Report(Full(("a", 1, 3600)));
        Assert.Equal(Ago(0), _table.Find("a")!.Value.LastActivity);
    }

    [Fact]
    public void Sessions_that_nobody_uses_are_forgotten_in_the_end()
    {
        ProxyUsage proxy = _table.Open("proxy-1");
        proxy.Report(Full(("a", 0, 0), ("b", 1, 0)));
        _time.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal(new SessionUsage(0, Ago(29 * 60)), _table.Find("a"));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(new SessionUsage(0, null), _table.Find("a"));
        Assert.Equal(new SessionUsage(1, Ago(31 * 60)), _table.Find("b"));
    }

    [Fact]
    public void What_no_proxy_has_named_is_unknown_until_all_have_had_the_time_to()
    {
        Assert.Null(_table.Find("a"));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(new SessionUsage(0, null), _table.Find("a"));
    }

    public static TheoryData<string> Breaches => ["an id", "connections", "a time before 1970", "a time beyond all", "too many sessions"];

    [Theory]
    [MemberData(nameof(Breaches))]
    public void A_report_beyond_its_bounds_is_refused(string what)
    {
        var report = new Activity { Sessions = { new SessionActivity { SessionId = "good", Connections = 1 } } };
        var bad = new SessionActivity { SessionId = "bad", Connections = 1 };
        switch (what)
        {
            case "an id": bad.SessionId = "Not_An_Id"; break;
            case "connections": bad.Connections = 1_000_001; break;
            case "a time before 1970": bad.LastActivity = -1; break;
            case "a time beyond all": bad.LastActivity = long.MaxValue; break;
            default: report.Sessions.Add(Enumerable.Repeat(bad, 10_000)); break;
        }
        report.Sessions.Add(bad);

        RpcException refused = Assert.Throws<RpcException>(() => _table.Open("proxy-1").Report(report));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Null(_table.Find("good"));
    }

    private DateTimeOffset Ago(int seconds) => _time.GetUtcNow().AddSeconds(-seconds);

    private Activity Full(params (string Id, uint Connections, int Seconds)[] sessions)
    {
        Activity report = News(sessions);
        report.Full = true;
        return report;
    }

    private Activity News(params (string Id, uint Connections, int Seconds)[] sessions) => new()
    {
        Sessions =
        {
            sessions.Select(s => new SessionActivity
            {
                SessionId = s.Id, Connections = s.Connections, LastActivity = _time.GetUtcNow().AddSeconds(s.Seconds).ToUnixTimeSeconds(),
            }),
        },
    };
}
