using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.HostKeys;

/// <summary>What a proxy says of a pod's host key.</summary>
/// <param name="SessionId">The session whose pod it is.</param>
/// <param name="Learned">The key of a first login; null: the pod showed a key that it must not have.</param>
internal sealed record HostKeyReport(string SessionId, string PodUid, string Proxy, SshPublicKey? Learned, string Fingerprint)
{
    public bool IsFor(string sessionId, string podUid) => SessionId == sessionId && PodUid == podUid;
}

/// <summary>How a record changed when its session got the pod.</summary>
[Flags]
internal enum HostKeyChange
{
    None = 0,

    /// <summary>The key that was the pod's is not any more.</summary>
    Forgotten = 1,

    /// <summary>Proxies had reported it already.</summary>
    Reported = 2,
}

/// <summary>What the proxies together know of one pod's host key.</summary>
/// <param name="Key">The key of the first login that was reported; null: none was.</param>
/// <param name="MismatchFingerprint">Another key that the pod showed to a proxy last; null: none.</param>
/// <param name="RecoveredFingerprint">Of the key that was known before all operators were restarted; null: nothing was.
/// No other key than this one is learned.</param>
internal sealed record HostKeyRecord(SshPublicKey? Key, string? MismatchFingerprint, string? RecoveredFingerprint = null)
{
    /// <summary>Of the key that the pod has to have; null: that is not known.</summary>
    public string? ExpectedFingerprint => Key?.Fingerprint ?? RecoveredFingerprint;

    /// <summary>The proxy that reported the key first; null: that is not known.</summary>
    public string? LearnedFrom { get; init; }

    /// <summary>The proxy that was shown the other key; null: none was.</summary>
    public string? MismatchFrom { get; init; }

    /// <summary>The fingerprint of a key that the session says is not the pod's; null: none.</summary>
    public string? Forgotten { get; init; }

    // How many other keys were taken over.
    private int Mismatches { get; init; }

    /// <param name="maxMismatches">How many other keys are taken over.</param>
    public HostKeyRecord With(HostKeyReport report, int maxMismatches)
    {
        bool isOther = report.Learned is null || (ExpectedFingerprint is { } expected && expected != report.Fingerprint);
        if (!isOther)
        {
            return Key is not null || report.Fingerprint == Forgotten ? this : this with { Key = report.Learned, LearnedFrom = LearnedFrom ?? report.Proxy };
        }
        return report.Fingerprint == MismatchFingerprint || Mismatches == maxMismatches || (report.Learned is not null && report.Fingerprint == Forgotten)
            ? this
            : this with { MismatchFingerprint = report.Fingerprint, MismatchFrom = report.Proxy, Mismatches = Mismatches + 1 };
    }
}
