using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>The host keys that exec relays may show. They are never learned.</summary>
internal sealed class ExecRelayKeys(IReadOnlyList<SshPublicKey> keys)
{
    public IEnumerable<string> Fingerprints => keys.Select(key => key.Fingerprint);

    /// <summary>The signature algorithms to ask a relay for.</summary>
    public IReadOnlyList<string> Algorithms { get; } =
        [.. PublicKeyAlgorithm.HostKeys.Where(algorithm => keys.Any(key => key.Type == algorithm.Signature.KeyType)).Select(algorithm => algorithm.Name)];

    /// <summary>Why the relay must not have this key; null: it may.</summary>
    public Refusal? Check(PodServer relay, PresentedKey presented) =>
        keys.Any(key => key.Blob.Span.SequenceEqual(presented.Key.Blob.Span)) ? null : relay.Refuse(
            ConnectionEnd.PodHostKeyMismatch,
            "presented an unexpected host key, so the gateway did not log in. Please report this to the operators",
            $"it showed {presented.Key.Fingerprint}, which is none of Proxy:ExecRelayHostKeys");
}
