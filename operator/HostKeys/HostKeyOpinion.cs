using SshGateway.Shared.Ssh;

namespace SshGateway.Operator.HostKeys;

/// <summary>What the proxies together know of one pod's host key.</summary>
/// <param name="Key">The key of the first login that was reported; null: none was.</param>
/// <param name="SuspectFingerprint">Another key that the pod showed to a proxy last; null: none.</param>
internal sealed record HostKeyOpinion(SshPublicKey? Key, string? SuspectFingerprint);
