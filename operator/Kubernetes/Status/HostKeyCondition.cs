using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>What the proxies found out about the host key of a session's pod.</summary>
internal static class HostKeyCondition
{
    /// <summary>
    /// The keys that the pod may show: the pinned ones, else the first one. Where a CA signs, or an exec relay stands
    /// in for the pod, none.
    /// </summary>
    public static IReadOnlyList<string> Fingerprints(RoutedSession route, HostKeyRecord? known) =>
        route.Exec is not null ? []
        : route.HostKeys.Count > 0 ? [.. route.HostKeys.Select(k => k.Fingerprint)]
        : !IsCertified(route) && known?.ExpectedFingerprint is { } learned ? [learned]
        : [];

    /// <summary>The proxy that reported the key first; null: the session itself says which keys are good.</summary>
    public static string? ReportedBy(RoutedSession route, HostKeyRecord? known) =>
        route.Exec is null && route.HostKeys.Count == 0 && !IsCertified(route) && known?.ExpectedFingerprint is not null ? known.LearnedFrom : null;

    /// <summary>The key that the pod showed and may not have; null: there is none.</summary>
    public static string? Unexpected(RoutedSession route, HostKeyRecord? known) =>
        route.Exec is null && known?.MismatchFingerprint is { } shown
        && (IsCertified(route) || shown == route.ForgottenHostKey || (Fingerprints(route, known) is { Count: > 0 } expected && !expected.Contains(shown))) && !route.HostKeys.Any(k => k.Fingerprint == shown) ? shown : null;

    /// <summary>What it ought to have shown.</summary>
    public static string Expected(RoutedSession route, HostKeyRecord? known) => IsCertified(route)
        ? $"one with a good certificate of {string.Join(" or ", route.HostCAKeys.Select(k => k.Fingerprint))}"
        : Fingerprints(route, known) is { Count: > 0 } expected ? string.Join(" or ", expected)
        : "another one than the annotation forgets";

    private static bool IsCertified(RoutedSession route) => route.HostKeys.Count == 0 && route.HostCAKeys.Count > 0;
}
