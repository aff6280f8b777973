using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Usage;

/// <summary>What the operator knows of logins that wait for pods.</summary>
public sealed class WaitingLoginTableTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly EndpointTable _known = new();
    private readonly UsageTable _usage;
    private readonly List<string> _changed = [];

    public WaitingLoginTableTests()
    {
        _known.Apply([.. "ab".Select(id => new TableEntry($"{id}", "", new byte[1]))], [], default);
        _usage = new UsageTable(_known, _time);
        Waits.Changed += sessions => _changed.AddRange(sessions.Order());
    }

    private WaitingLoginTable Waits => _usage.WaitingLogins;

    public void Dispose() => _usage.Dispose();

    [Fact]
    public void A_session_is_waited_for_while_any_proxy_names_it()
    {
        using ProxyUsage first = _usage.Open("proxy-1");
        using ProxyUsage second = _usage.Open("proxy-2");
        first.Report(Wanted(("a", 5), ("b", 5)));
        second.Report(Wanted(("a", 9)));
        Assert.Equal(new WaitingLogin(Ago(9), null), Waits.Find("a"));
        Assert.Equal(2, Waits.Count);
        Assert.Equal(["a", "b"], _changed);

        // What it names no more, nobody waits for there.
        first.Report(Wanted(("b", 5)));
        Assert.Equal(new WaitingLogin(Ago(9), null), Waits.Find("a"));
        second.Report(Wanted());
        Assert.Equal(WaitingLoginTable.Grace, Waits.Find("a")!.Value.Left);
        Assert.Equal(1, Waits.Count);
        Assert.Equal(["a", "b", "a"], _changed);
    }

    [Fact]
    public void A_report_of_something_else_changes_nothing()
    {
        using ProxyUsage proxy = _usage.Open("proxy-1");
        proxy.Report(Wanted(("a", 0)));
        proxy.Report(new Activity { Full = true });

        Assert.Equal(new WaitingLogin(Ago(0), null), Waits.Find("a"));
    }

    [Fact]
    public void A_wait_counts_on_for_half_a_minute_and_a_user_who_tries_again_goes_on_with_it()
    {
        using ProxyUsage proxy = _usage.Open("proxy-1");
        proxy.Report(Wanted(("a", 0)));
        proxy.Report(Wanted());
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(TimeSpan.FromSeconds(1), Waits.Find("a")!.Value.Left);
        proxy.Report(Wanted(("a", 1)));
        Assert.Null(Waits.Find("a")!.Value.Left);

        proxy.Report(Wanted());
        _time.Advance(WaitingLoginTable.Grace);
        Assert.Null(Waits.Find("a"));
    }

    [Fact]
    public void A_wait_that_a_ready_pod_has_ended_does_not_count_on()
    {
        using ProxyUsage first = _usage.Open("proxy-1");
        using ProxyUsage second = _usage.Open("proxy-2");
        first.Report(Wanted(("a", 5), ("b", 5)));
        Waits.NoteReady("a");
        Assert.Equal(new WaitingLogin(Ago(5), null), Waits.Find("a"));
        first.Report(Wanted());
        Assert.Null(Waits.Find("a"));

        // Already over, and so forgotten.
        Assert.Equal(WaitingLoginTable.Grace, Waits.Find("b")!.Value.Left);
        Waits.NoteReady("b");
        Assert.Null(Waits.Find("b"));

        // Another login has begun to wait since.
        second.Report(Wanted(("a", 3)));
        Waits.NoteReady("a");
        first.Report(Wanted(("a", 1)));
        first.Report(Wanted());
        second.Report(Wanted());
        Assert.Equal(WaitingLoginTable.Grace, Waits.Find("a")!.Value.Left);
        Assert.Equal(["a", "b", "a", "b", "a", "a"], _changed);
    }

    [Fact]
    public void A_stream_that_is_lost_ends_its_waits_as_a_user_who_leaves_does()
    {
        using (ProxyUsage proxy = _usage.Open("proxy-1"))
        {
            proxy.Report(Wanted(("a", 0)));
        }

        Assert.Equal(WaitingLoginTable.Grace, Waits.Find("a")!.Value.Left);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(Waits.Find("a"));
    }

    [Fact]
    public void Sessions_that_do_not_exist_are_not_waited_for_until_they_do()
    {
        using ProxyUsage proxy = _usage.Open("proxy-1");
        proxy.Report(Wanted(("new", 0)));
        Assert.Null(Waits.Find("new"));
        Assert.Equal(0, Waits.Count);

        _known.Apply([new TableEntry("new", "", new byte[1])], [], default);

        Assert.NotNull(Waits.Find("new"));
    }

    [Fact]
    public void A_proxy_whose_clock_is_ahead_makes_nobody_wait_since_tomorrow()
    {
        using ProxyUsage proxy = _usage.Open("proxy-1");
        proxy.Report(Wanted(("a", -86400)));

        Assert.Equal(Ago(0), Waits.Find("a")!.Value.Since);
    }

    public static TheoryData<string> Violations => ["a session id", "since before 1970", "since beyond the calendar", "1001 sessions"];

    [Theory]
    [MemberData(nameof(Violations))]
    public void A_report_that_breaks_the_contract_is_refused_as_a_whole(string violation)
    {
        Activity bad = Wanted(("a", 0));
        switch (violation)
        {
            case "a session id":
                bad.Wanted.Sessions[0].SessionId = "no\nid";
                break;
            case "since before 1970":
                bad.Wanted.Sessions[0].Since = -1;
                break;
            case "since beyond the calendar":
                bad.Wanted.Sessions[0].Since = long.MaxValue;
                break;
            default:
                bad.Wanted.Sessions.AddRange(Enumerable.Range(0, 1000).Select(i => new WantedSession { SessionId = $"s{i}" }));
                break;
        }
        bad.Sessions.Add(new SessionActivity { SessionId = "b", Connections = 1 });
        using ProxyUsage proxy = _usage.Open("proxy-1");

        Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<RpcException>(() => proxy.Report(bad)).StatusCode);

        Assert.Null(Waits.Find("a"));
        Assert.Null(_usage.Find("b"));
    }

    private static Activity Wanted(params (string SessionId, int SecondsAgo)[] sessions) => new()
    {
        Wanted = new Wanted
        {
            Sessions = { sessions.Select(s => new WantedSession { SessionId = s.SessionId, Since = new ManualTimeProvider().GetUtcNow().ToUnixTimeSeconds() - s.SecondsAgo }) },
        },
    };

    private static DateTimeOffset Ago(int seconds) => DateTimeOffset.FromUnixTimeSeconds(new ManualTimeProvider().GetUtcNow().ToUnixTimeSeconds() - seconds);
}
