using System.Net;
using SshGateway.Feed;
using SshGateway.Hosting.Networks;
using SshGateway.Operator.Model;
using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Where each session's logins go: a pure function of the objects, and of whose each id was. It reads no clock (the
/// proxies judge expiry), and its result does not depend on the order of the objects.
/// </summary>
internal static class RoutingFunction
{
    /// <summary>One entry per session id, in the order of the ids.</summary>
    /// <param name="bindings">Whose each id was before; null: nothing is known.</param>
    public static IReadOnlyList<RoutedSession> Route(ClusterObjects objects, RoutingOptions options, IReadOnlyDictionary<string, IdBinding>? bindings = null)
    {
        var router = new SessionRouter(options, bindings);
        router.Apply(ClusterChanges.Everything(objects));
        return [.. router.Routes];
    }

    /// <param name="session">The session that has its id.</param>
    /// <param name="binding">Its pod, or why it has none.</param>
    /// <param name="ownsAddress">Whether the pod's address is the pod's.</param>
    /// <param name="keyObjects">Where further keys are; null: none are known.</param>
    public static RoutedSession Route(
        ClaudeSession session, PodBinding binding, bool ownsAddress, RoutingOptions options, KeyObjectIndex? keyObjects = null)
    {
        SshSpec ssh = session.Spec?.Ssh ?? new SshSpec();
        List<string> problems = [.. SessionRules.Check(session).Select(v => v.ToString())];
        bool isValid = problems.Count == 0;
        var authorized = AuthorizedKeys.Read(session, keyObjects ?? new KeyObjectIndex());
        List<string> skipped = [.. authorized.Skipped];
        string? forgotten = session.Metadata?.Annotations?.ForgetHostKey;
        bool canForget = forgotten is not null && SshPublicKey.ParseFingerprint(forgotten) is not null;
        IReadOnlyList<SshPublicKey> hostKeys = KeyLines.Parse("spec.ssh.hostKeys", ssh.HostKeys, SessionRules.MaxHostKeys, skipped, ofHosts: true);
        IReadOnlyList<SshPublicKey> userCAs = KeyLines.Parse("spec.ssh.trustedUserCAKeys", ssh.TrustedUserCAKeys, SessionRules.MaxCAKeys, skipped);
        IReadOnlyList<SshPublicKey> hostCAs = KeyLines.Parse("spec.ssh.hostCAKeys", ssh.HostCAKeys, SessionRules.MaxCAKeys, skipped);
        IReadOnlyList<string> principals =
            isValid && userCAs.Count > 0 ? [.. ssh.AuthorizedPrincipals?.OfType<string>() ?? []] : [];
        bool somebodyMayLogIn = authorized.Keys.Count + userCAs.Count > 0;
        // Pins and CAs that cannot be read must not turn into trust on first use.
        bool hasKeys = somebodyMayLogIn && (hostKeys.Count + hostCAs.Count > 0 || (ssh.HostKeys is null or [] && ssh.HostCAKeys is null or []));

        var exec = ExecTarget.Find(session.Spec, binding.Pod, isValid);

        (EndpointState state, string reason, IPAddress? address) =
            !isValid ? (EndpointState.None, ReadyReasons.InvalidSpec, null)
            : !hasKeys ? (EndpointState.None, ReadyReasons.InvalidKeys, null)
            // A pod that is still there ends soon.
            : session.Spec?.Suspend == true ? (EndpointState.None, ReadyReasons.Suspended, null)
            : binding.Pod is not { } pod ? (EndpointState.None, binding.Ready, null)
            : Judge(pod, exec, ownsAddress, options);
        // Not Disabled: a misspelt word must not close open sessions.
        Access access = SessionRules.ParseAccess(session.Spec?.Access) ?? Access.Draining;
        // A finalizer, such as that of foreground deletion, can keep a deleted session for long.
        bool isTerminating = session.Metadata?.DeletionTimestamp is not null;
        access = isTerminating && access == Access.Enabled ? Access.Draining : access;
        Pod? routed = state == EndpointState.None ? null : binding.Pod;
        return new RoutedSession
        {
            SessionId = session.Name,
            Namespace = session.Namespace,
            State = state,
            Access = access,
            Reason = !isValid || !hasKeys ? reason : access switch
            {
                Access.Disabled => ReadyReasons.AccessDisabled,
                Access.Draining => isTerminating ? ReadyReasons.SessionTerminating : ReadyReasons.Draining,
                _ => reason,
            },
            Binding = binding.Reason,
            BoundPod = binding.Pod,
            PodName = routed?.Name ?? "",
            PodUid = routed?.Uid ?? "",
            Address = address,
            Port = exec is not null ? 0 : isValid && ssh.Port is { } port ? port : SshSpec.DefaultPort,
            Exec = exec,
            TargetUser = isValid && ssh.TargetUser is { } user ? user : SshSpec.DefaultTargetUser,
            AuthorizedKeys = authorized.Keys,
            HostKeys = exec is null ? hostKeys : [],
            TrustedUserCAKeys = userCAs,
            HostCAKeys = exec is null ? hostCAs : [],
            // All that can be read, also where one cannot and nobody may log in: open connections have to end.
            RevokedKeys = [.. SessionRules.ReadRevokedKeys(ssh.RevokedKeys).Select(key => key.Sha256).OfType<byte[]>()],
            AuthorizedPrincipals = principals,
            OwnerUser = isValid && userCAs.Count > 0 && principals.Count == 0 ? session.Spec?.Owner?.User ?? "" : "",
            ForgottenHostKey = canForget ? forgotten : null,
            ExpiresAt = session.Spec?.ExpiresAt,
            MaxConnections = isValid && session.Spec?.MaxConnections is { } connections ? connections : SessionSpec.DefaultMaxConnections,
            IdleTimeout = isValid && session.Spec?.IdleTimeout is { } idle ? Durations.Parse(idle) ?? TimeSpan.Zero : TimeSpan.Zero,
            // Not with an exec relay, for which the spec is not valid then.
            Passthrough = isValid && ssh.Passthrough == true,
            Recording = isValid ? SessionRules.ParseRecording(session.Spec?.Recording) ?? RecordingMode.None : RecordingMode.None,
            Wake = SessionRules.ParseWake(session.Spec?.Wake) ?? Wake.Never,
            SkippedKeys = skipped,
            MissingKeys = authorized.Missing,
            Problems =
            [
                .. problems, .. authorized.Missing, .. skipped,
                .. forgotten is null || canForget ? [] : new[] { $"the annotation {ObjectAnnotations.ForgetHostKeyName} must be a fingerprint such as SHA256:…, as status.endpoint.hostKeyFingerprints has it" },
            ],
        };
    }

    /// <param name="exec">Which container counts in place of the pod; null: the pod has an sshd.</param>
    private static (EndpointState State, string Reason, IPAddress? Address) Judge(Pod pod, ExecTarget? exec, bool ownsAddress, RoutingOptions options)
    {
        if (pod.IsTerminal)
        {
            return (EndpointState.None, ReadyReasons.PodFailed, null);
        }
        if (exec?.IsIn(pod) == false)
        {
            return (EndpointState.None, pod.IsTerminating ? ReadyReasons.PodTerminating : ReadyReasons.ContainerMissing, null);
        }
        if (pod.Address is null)
        {
            return (EndpointState.None, pod.IsTerminating ? ReadyReasons.PodTerminating : ReadyReasons.PodNotReady, null);
        }
        IPAddress? address = AddressRules.Accept(pod.Address, options);
        if (address is null || pod.Spec is { HostNetwork: true } || !ownsAddress)
        {
            return (EndpointState.None, ReadyReasons.AddressRefused, null);
        }
        return pod.IsTerminating ? (EndpointState.Draining, ReadyReasons.PodTerminating, address)
            : (exec?.IsReady(pod) ?? pod.IsReady) ? (EndpointState.Ready, ReadyReasons.EndpointReady, address)
            : (EndpointState.NotReady, ReadyReasons.PodNotReady, address);
    }
}

/// <param name="AllowLoopbackPods">Accept pods with a loopback address.</param>
/// <param name="AllowUnlabelledPods">Accept a pod without the session label that a session names with a pinned
/// uid.</param>
internal sealed record RoutingOptions(bool AllowLoopbackPods, bool AllowUnlabelledPods)
{
    /// <summary>Where pods have their addresses; null: anywhere.</summary>
    public NetworkSet? PodNetworks { get; init; }
}
