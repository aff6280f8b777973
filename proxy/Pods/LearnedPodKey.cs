namespace SshGateway.Proxy.Pods;

/// <summary>The host key of a pod's first login.</summary>
/// <param name="SessionId">The session whose login it was.</param>
/// <param name="PodUid">The pod.</param>
/// <param name="Blob">The key in the SSH wire format.</param>
internal sealed record LearnedPodKey(string SessionId, string PodUid, byte[] Blob);
