using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Usage;

/// <summary>Which refused logins an owner is told of, and how often.</summary>
public sealed class RefusedLoginTableTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly EndpointTable _known = new();
    private readonly RefusedLoginTable _table;
    private readonly List<RefusedLogins> _noticed = [];

    public RefusedLoginTableTests()
    {
        _known.Apply([.. Enumerable.Range(0, 100).Select(i => new TableEntry($"s{i}", "", new byte[1]))], [], default);
        _table = new RefusedLoginTable(_known, _time);
        _table.Noticed += _noticed.Add;
    }

    [Fact]
    public void Few_are_no_news_and_many_are()
    {
        Report("s1", 2, key: "SHA256:a");
        Assert.Empty(_noticed);
        _time.Advance(TimeSpan.FromMinutes(9));
        Report("s1", 1, key: "SHA256:b");

        RefusedLogins notice = Assert.Single(_noticed);
        Assert.Equal(("s1", 3, TimeSpan.FromMinutes(9), "NotAuthorized"), (notice.SessionId, notice.Count, notice.Within, notice.Reason));
        Assert.Equal("3 logins refused within 9 minutes: the session does not list the key (SHA256:a, SHA256:b)", RefusedLoginEvents.Describe(notice));
    }

    [Fact]
    public void Those_of_long_ago_do_not_count()
    {
        Report("s1", 2);
        _time.Advance(RefusedLoginTable.Window);
        Report("s1", 2);
        Assert.Empty(_noticed);
    }

    [Fact]
    public void The_last_reason_counts_with_its_first_three_keys()
    {
        Report("s1", 1, "UntrustedCA", "SHA256:a");
        for (int i = 0; i < 5; i++)
        {
            Report("s2", 1, key: "SHA256:x");
            Report("s1", 1, key: $"SHA256:{i}");
        }
        Assert.Equal(["s1", "s2"], _noticed.Select(notice => notice.SessionId));
        Assert.Equal(["SHA256:0", "SHA256:1"], _noticed[0].Fingerprints);
        Assert.Equal("NotAuthorized", _noticed[0].Reason);
    }

    [Fact]
    public void A_session_is_told_of_once_in_ten_minutes_however_many_there_are()
    {
        for (int second = 0; second < 60 * 25; second += 5)
        {
            Report("s1", 100);
            _time.Advance(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(3, _noticed.Count);
        Assert.Equal(100 * 120, _noticed[1].Count);
    }

    // A stranger who knows many sessions makes no storm of events.
    [Fact]
    public void All_sessions_together_are_told_of_a_few_times_a_minute()
    {
        for (int i = 0; i < 100; i++)
        {
            Report($"s{i}", 10);
        }
        Assert.Equal(RefusedLoginTable.MaxPerMinute, _noticed.Count);
        _time.Advance(TimeSpan.FromMinutes(1));
        Report("s99", 1);
        Assert.Equal(("s99", 11), (_noticed[^1].SessionId, _noticed[^1].Count));
    }

    [Fact]
    public void Sessions_that_do_not_exist_do_not_count()
    {
        Report("nobody", 1000);
        Assert.Empty(_noticed);
    }

    [Theory]
    [InlineData("", 1, "NotAuthorized", "SHA256:a")]
    [InlineData("s1", 1_000_001, "NotAuthorized", "SHA256:a")]
    [InlineData("s1", 1, "", "SHA256:a")]
    [InlineData("s1", 1, "not a word", "SHA256:a")]
    [InlineData("s1", 1, "NotAuthorized", "SHA256:a\n")]
    public void A_report_out_of_bounds_is_refused(string session, uint count, string reason, string key)
    {
        var report = new Activity { Refused = { new LoginRefusals { SessionId = session, Count = count, Reason = reason, KeyFingerprint = key } } };
        Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<RpcException>(() => RefusedLoginTable.Check(report)).StatusCode);
    }

    private void Report(string session, uint count, string reason = nameof(KeyRefusal.NotAuthorized), string key = "SHA256:a")
    {
        var report = new Activity { Refused = { new LoginRefusals { SessionId = session, Count = count, Reason = reason, KeyFingerprint = key } } };
        RefusedLoginTable.Check(report);
        _table.Apply(report);
    }
}
