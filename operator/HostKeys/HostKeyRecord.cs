using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.HostKeys;

/// <summary>What the proxies together know of one pod's host key.</summary>
/// <param name="Key">The key of the first login that was reported; null: none was.</param>
/// <param name="SuspectFingerprint">Another key that the pod showed to a proxy last; null: none.</param>
/// <param name="RecoveredFingerprint">Of the key that was known before all operators were restarted; null: nothing was. No other key than this one is learned.</param>
internal sealed record HostKeyRecord(SshPublicKey? Key, string? SuspectFingerprint, string? RecoveredFingerprint = null)
{
    /// <summary>Of the key that the pod has to have; null: that is not known.</summary>
    public string? ExpectedFingerprint => Key?.Fingerprint ?? RecoveredFingerprint;
}
