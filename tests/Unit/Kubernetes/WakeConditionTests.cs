using SshGateway.Feed;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Usage;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Unit.Kubernetes;

/// <summary>When the status asks for a session's pod, and for how long.</summary>
public sealed class WakeConditionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly LoginWaits Waiting = new(true, new WaitingLogin(Now.AddSeconds(-2), null));
    private static readonly LoginWaits Nobody = new(true, null);

    [Fact]
    public void A_session_for_which_nobody_has_waited_has_no_such_condition()
    {
        SessionStatus status = Compose(Session(), Nobody, Now);

        Assert.DoesNotContain(status.Conditions!, c => c.Type == "WakeRequested");
        Assert.Null(WakeCondition.FindReviewDelay(State(Session()), Nobody, Now));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_login_that_waits_asks_for_the_pod(bool suspended)
    {
        SessionCondition wake = Wake(Compose(Session(suspended), Waiting, Now))!;

        Assert.Equal(
            ("True", "LoginWaiting", "a login has waited for the session's pod since 2026-11-29T11:59:58Z", Now),
            (wake.Status, wake.Reason, wake.Message, wake.LastTransitionTime));
    }

    public static TheoryData<string> NotWoken => ["wake Never", "Draining", "Disabled", "expired", "a pod that starts", "a pod that has failed", "a ready pod"];

    [Theory]
    [MemberData(nameof(NotWoken))]
    public void Nothing_else_is_asked_for(string why)
    {
        (ClaudeSession session, Pod? pod) = why switch
        {
            "wake Never" => (Session(wake: "Never"), null),
            "Draining" or "Disabled" => (Session(access: why), null),
            "expired" => (Session(expiresAt: Now), null),
            "a pod that starts" => (Session(), Pod("Pending", false)),
            "a pod that has failed" => (Session(), Pod("Failed", false)),
            _ => (Session(), (Pod?)Pod("Running", true)),
        };

        Assert.Null(Wake(Compose(session, Waiting, Now, pod)));
    }

    [Fact]
    public void It_stays_while_the_pod_starts_and_ends_when_logins_work()
    {
        SessionStatus asked = Compose(Session(), Waiting, Now);
        SessionStatus starting = Compose(Session() with { Status = asked }, Waiting, Now.AddSeconds(3), Pod("Pending", false));
        // Word for word: a later time would be a write for each login.
        Assert.Equal(Wake(asked), Wake(starting));

        SessionCondition ready = Wake(Compose(Session() with { Status = starting }, Waiting, Now.AddSeconds(5), Pod("Running", true)))!;

        Assert.Equal(("False", "SessionReady", Now.AddSeconds(5)), (ready.Status, ready.Reason, ready.LastTransitionTime));
    }

    [Fact]
    public void It_ends_when_nobody_has_waited_for_a_while()
    {
        ClaudeSession session = Session() with { Status = Compose(Session(), Waiting, Now) };
        var leaving = new LoginWaits(true, new WaitingLogin(Now, TimeSpan.FromSeconds(7)));
        Assert.Equal("True", Wake(Compose(session, leaving, Now.AddSeconds(23)))!.Status);
        Assert.Equal(TimeSpan.FromSeconds(7), WakeCondition.FindReviewDelay(State(session), leaving, Now.AddSeconds(23)));

        SessionCondition over = Wake(Compose(session, Nobody, Now.AddSeconds(30)))!;

        Assert.Equal(("False", "NobodyWaits"), (over.Status, over.Reason));
    }

    [Fact]
    public void A_session_that_may_not_be_woken_any_more_is_not_asked_for_any_more()
    {
        SessionStatus asked = Compose(Session(), Waiting, Now);

        Assert.Equal("False", Wake(Compose(Session(wake: "Never") with { Status = asked }, Waiting, Now.AddSeconds(1)))!.Status);
    }

    // A leader that has just started has not heard of anybody.
    [Fact]
    public void What_an_earlier_leader_asked_for_stays_until_the_proxies_have_reported()
    {
        ClaudeSession session = Session() with { Status = Compose(Session(), Waiting, Now) };

        Assert.Equal("True", Wake(Compose(session, default, Now.AddSeconds(5)))!.Status);
        Assert.Equal("False", Wake(Compose(session, Nobody, Now.AddSeconds(30)))!.Status);
    }

    [Fact]
    public void It_becomes_true_once_in_ten_seconds_however_often_pods_go_and_logins_come()
    {
        SessionStatus asked = Compose(Session(), Waiting, Now);
        SessionStatus ready = Compose(Session() with { Status = asked }, Nobody, Now.AddSeconds(1), Pod("Running", true));
        ClaudeSession again = Session() with { Status = ready };

        // The pod is gone, and the next login is there.
        Assert.Equal("False", Wake(Compose(again, Waiting, Now.AddSeconds(4)))!.Status);
        Assert.Equal(TimeSpan.FromSeconds(7), WakeCondition.FindReviewDelay(State(again), Waiting, Now.AddSeconds(4)));
        Assert.Equal("True", Wake(Compose(again, Waiting, Now.AddSeconds(11)))!.Status);
    }

    private static SessionCondition? Wake(SessionStatus status) => WakeCondition.Find(status);

    private static SessionStatus Compose(ClaudeSession session, LoginWaits waits, DateTimeOffset now, Pod? pod = null) =>
        StatusComposer.Compose(State(session, pod), usage: null, hostKey: null, now, waits);

    private static SessionState State(ClaudeSession session, Pod? pod = null) => new(
        session, RoutingFunction.Route(session, pod is null ? PodBinding.WaitingForPod : PodBinding.Bind(pod), true, new RoutingOptions(false, false)), null, null);

    private static ClaudeSession Session(bool? suspend = null, string? wake = null, string? access = null, DateTimeOffset? expiresAt = null) => new()
    {
        Metadata = new ObjectMeta { Name = "abc12", Namespace = "sessions", Generation = 1 },
        Spec = new SessionSpec
        {
            Owner = new SessionOwner { User = "alice" },
            Ssh = new SshSpec { AuthorizedKeys = [Samples.Key] },
            Suspend = suspend,
            Wake = wake,
            Access = access,
            ExpiresAt = expiresAt,
        },
    };

    private static Pod Pod(string phase, bool ready) => new()
    {
        Metadata = new ObjectMeta { Name = "claude-abc12", Namespace = "sessions", Uid = "uid-1" },
        Status = new PodStatus { Phase = phase, PodIP = "10.1.2.3", Conditions = [new PodCondition { Type = "Ready", Status = ready ? "True" : "False" }] },
    };
}
