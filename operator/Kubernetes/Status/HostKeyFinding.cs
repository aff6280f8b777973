using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>What the proxies found out about the host key of a session's pod.</summary>
internal static class HostKeyFinding
{
    public const string Mismatch = "HostKeyMismatch";

    /// <summary>The keys that the pod may show: the pinned ones, else the one that it showed first.</summary>
    public static IReadOnlyList<string> Fingerprints(RoutedSession route, HostKeyOpinion? opinion) =>
        route.HostKeys.Count > 0 ? [.. route.HostKeys.Select(k => k.Fingerprint)]
        : opinion?.ExpectedFingerprint is { } learned ? [learned]
        : [];

    /// <summary>The key that the pod showed and may not have; null: there is none.</summary>
    public static string? Unexpected(RoutedSession route, HostKeyOpinion? opinion) =>
        opinion?.SuspectFingerprint is { } shown && Fingerprints(route, opinion) is { Count: > 0 } expected && !expected.Contains(shown) ? shown : null;
}
