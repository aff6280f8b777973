using SshGateway.Feed;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;
using SshGateway.Tests.Support.Pods;
using Xunit;

namespace SshGateway.Tests.Integration.Pods;

public sealed class LoginGateTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void A_ready_session_takes_logins() => Assert.Null(LoginGate.Check(Sessions.Entry(), Now));

    [Fact]
    public void A_session_that_expires_later_takes_logins() => Assert.Null(LoginGate.Check(Sessions.Entry(expiresAt: 1_800_000_001), Now));

    public static TheoryData<string> States => ["expired", "draining", "deleted", "disabled", "not-ready", "pod-draining", "none", "no-container", "no-endpoint"];

    [Theory]
    [MemberData(nameof(States))]
    public void Every_other_state_has_its_sentence(string state)
    {
        (SessionEntry entry, ConnectionEnd end, string sentence) = state switch
        {
            "expired" => (Sessions.Entry(expiresAt: 1_800_000_000), ConnectionEnd.SessionExpired, "Session abc12 expired on 2027-01-15 at 08:00 UTC. Ask for a new session."),
            "draining" => (Sessions.Entry(access: Access.Draining), ConnectionEnd.AccessRefused, "Session abc12 is closing and accepts no new logins."),
            "deleted" => (
                Sessions.Entry(access: Access.Draining, reason: "SessionTerminating"), ConnectionEnd.AccessRefused, "Session abc12 is being deleted and accepts no new logins."),
            "disabled" => (Sessions.Entry(access: Access.Disabled), ConnectionEnd.AccessRefused, "Session abc12 is disabled."),
            "not-ready" => (
                Sessions.Entry(state: EndpointState.NotReady, reason: "PodNotReady"), ConnectionEnd.PodNotReady,
                "The pod of session abc12 is not ready. Try again in a moment."),
            "pod-draining" => (
                Sessions.Entry(state: EndpointState.Draining, reason: "PodTerminating"), ConnectionEnd.PodTerminating, "The pod of session abc12 is being deleted and accepts no new logins."),
            "none" => (
                Sessions.Entry(state: EndpointState.None, reason: "PodNotFound", withoutEndpoint: true), ConnectionEnd.NoPod,
                "The pod that session abc12 names does not exist."),
            "no-container" => (
                Sessions.Entry(state: EndpointState.None, reason: "ContainerMissing", withoutEndpoint: true, exec: true), ConnectionEnd.NoPod,
                "The pod of session abc12 does not have the container that the session names. Ask its owner to correct it."),
            _ => (Sessions.Entry(withoutEndpoint: true, reason: "x"), ConnectionEnd.NoPod, "Session abc12 has no pod (x)."),
        };
        Refusal refused = Assert.IsType<Refusal>(LoginGate.Check(entry, Now));
        Assert.Equal(end, refused.End);
        Assert.Equal(sentence, refused.Sentence);
    }

    // (state, reason, whether logins wait, whether they ask for the pod)
    [Theory]
    [InlineData(EndpointState.None, "WaitingForPod", Wake.OnLogin, true, true)]
    [InlineData(EndpointState.None, "WaitingForPod", Wake.Never, true, false)]
    [InlineData(EndpointState.None, "PodNotFound", Wake.OnLogin, true, true)]
    [InlineData(EndpointState.None, "Suspended", Wake.OnLogin, true, true)]
    [InlineData(EndpointState.None, "Suspended", Wake.Never, false, false)]
    [InlineData(EndpointState.None, "PodNotReady", Wake.OnLogin, true, false)]
    [InlineData(EndpointState.NotReady, "PodNotReady", Wake.OnLogin, true, false)]
    [InlineData(EndpointState.None, "PodFailed", Wake.OnLogin, false, false)]
    public void A_login_waits_for_a_pod_and_asks_for_one_that_is_not_there(EndpointState state, string reason, Wake wake, bool waits, bool asks)
    {
        SessionEntry entry = Sessions.Entry(state: state, reason: reason, withoutEndpoint: state == EndpointState.None, wake: wake);
        Assert.Equal((waits, asks), (LoginGate.IsStarting(entry, Now), LoginGate.IsAskedFor(entry)));
        Assert.False(LoginGate.IsStarting(Sessions.Entry(state: state, access: Access.Disabled, reason: reason, withoutEndpoint: state == EndpointState.None, wake: wake), Now));
    }

    // A session without sshd has no port, and its pod is reached all the same.
    [Fact]
    public void A_ready_session_without_sshd_takes_logins() => Assert.Null(LoginGate.Check(Sessions.Entry(exec: true), Now));

    // Expiry and access are the owner's word and come before what the pod does.
    [Fact]
    public void The_owners_word_comes_first()
    {
        SessionEntry entry = Sessions.Entry(state: EndpointState.NotReady, access: Access.Disabled, reason: "x");
        Assert.Equal(ConnectionEnd.AccessRefused, LoginGate.Check(entry, Now)?.End);
    }
}
