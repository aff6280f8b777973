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
