using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Routing;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>What the status says of sessions that trust CAs.</summary>
public sealed class CertificateFindingTests
{
    private static readonly SshPublicKey Shown = Ed25519PrivateKey.Generate().PublicKey;
    private static readonly SshPublicKey Learned = Ed25519PrivateKey.Generate().PublicKey;

    [Fact]
    public void Keys_and_CAs_that_may_log_in_are_counted()
    {
        Condition both = Conditions.KeysValid(State("cas"));
        Assert.Equal((true, "KeysValid", "1 key and certificates of 2 CAs may log in"), (both.Holds, both.Reason, both.Message));
        Condition skipped = Conditions.KeysValid(State("user-cas-one-good"));
        Assert.Equal((false, "KeysSkipped"), (skipped.Holds, skipped.Reason));
        Assert.Contains("spec.ssh.trustedUserCAKeys[0]: this key is skipped", skipped.Message, StringComparison.Ordinal);
    }

    // What was learned before the session named a CA counts no more.
    [Fact]
    public void A_pod_without_a_good_certificate_is_told()
    {
        SessionState state = State("cas");
        Condition good = Conditions.Ready(state, new HostKeyRecord(Learned, null), DateTimeOffset.UnixEpoch);
        Assert.Equal((true, "EndpointReady"), (good.Holds, good.Reason));
        Assert.Empty(HostKeyCondition.Fingerprints(state.Route!, new HostKeyRecord(Learned, null)));
        Condition bad = Conditions.Ready(state, new HostKeyRecord(Learned, Shown.Fingerprint), DateTimeOffset.UnixEpoch);
        Assert.Equal((false, "HostKeyMismatch"), (bad.Holds, bad.Reason));
        Assert.Contains(
            $"showed the host key {Shown.Fingerprint} instead of one with a good certificate of {state.Route!.HostCAKeys[0].Fingerprint};", bad.Message, StringComparison.Ordinal);
    }

    private static SessionState State(string goldenCase)
    {
        (ClusterObjects objects, RoutingOptions options, _) = new GoldenCase(goldenCase).Read();
        return new SessionState(objects.Sessions[0], RoutingFunction.Route(objects, options)[0], null, null);
    }
}
