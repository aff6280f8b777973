using System.Collections.Concurrent;
using System.Security.Cryptography;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>
/// Which host keys a pod may show: the ones that its session pins, else those with a certificate of the session's host
/// CAs, else the one of its first login. Learned keys are kept per pod UID and reported to the operators, from where
/// the first one of all proxies comes back as if it were pinned; so a new pod under an old name or address starts anew.
/// A mismatch is never repaired by asking again.
/// </summary>
internal sealed class PodHostKeys(TimeProvider time)
{
    // Pods come and go; the oldest are forgotten beyond this.
    private const int Capacity = 100_000;

    // Each leg keeps its list, for later key exchanges. So they share these.
    private static readonly IReadOnlyList<string> Certificates = [.. PublicKeyAlgorithm.HostCertificates.Select(algorithm => algorithm.Name)];
    private static readonly IReadOnlyList<string> AnyKey = [.. PublicKeyAlgorithm.HostKeys.Select(algorithm => algorithm.Name)];
    private static readonly Dictionary<string, IReadOnlyList<string>> KeyOfType = PublicKeyAlgorithm.HostKeys
        .GroupBy(algorithm => algorithm.Signature.KeyType, algorithm => algorithm.Name)
        .ToDictionary(group => group.Key, IReadOnlyList<string> (group) => [.. group]);

    private readonly ConcurrentDictionary<string, LearnedPodKey> _learned = new();
    private readonly ConcurrentQueue<string> _order = new();

    /// <summary>A pod's first login told its key.</summary>
    public event Action<LearnedPodKey>? Learned;

    /// <summary>A pod of this session, by its UID, showed a key of this fingerprint and must not have it.</summary>
    public event Action<string, string, string>? Refused;

    /// <summary>All keys that were learned.</summary>
    public IEnumerable<LearnedPodKey> All => _learned.Values;

    /// <summary>The signature algorithms to ask the pod for, so that it shows the key that is known.</summary>
    public IReadOnlyList<string> FindAlgorithms(SessionEntry entry)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> known = entry.HostKeys;
        if (known.Count == 0 && entry.HostCAKeys.Count > 0)
        {
            return Certificates;
        }
        if (known.Count == 0 && FindLearned(entry) is { } learned)
        {
            known = [learned.Blob];
        }
        HashSet<string> types = [.. known.Select(blob => SshPublicKey.Parse(blob.Span).Type)];
        return types.Count switch
        {
            0 => AnyKey,
            1 => KeyOfType.GetValueOrDefault(types.First(), []),
            _ => [.. PublicKeyAlgorithm.HostKeys.Where(algorithm => types.Contains(algorithm.Signature.KeyType)).Select(algorithm => algorithm.Name)],
        };
    }

    /// <summary>Why the pod must not have this key; null: it may.</summary>
    public Refusal? Check(SessionEntry entry, PresentedKey presented)
    {
        SshPublicKey key = presented.Key;
        IReadOnlyList<ReadOnlyMemory<byte>> pinnedKeys = entry.HostKeys;
        if (pinnedKeys.Count > 0)
        {
            return IsAmong(pinnedKeys, key) ? null : Mismatch(entry, key, "it is none of the keys that are pinned by the session or by this pod's first login");
        }
        if (entry.HostCAKeys.Count > 0)
        {
            return HostCertificateRules.FindProblem(presented.Certificate, entry, time.GetUtcNow()) is { } problem ? Mismatch(entry, key, problem) : null;
        }
        // The type of that key is not known, so the pod is asked as at its first login; with the keys that it had then,
        // it shows the same one.
        if (!entry.HostKeySha256.IsEmpty && !entry.HostKeySha256.SequenceEqual(SHA256.HashData(key.Blob.Span)))
        {
            return Mismatch(entry, key, "it is not the key that was learned at this pod's first login, of which only the fingerprint is known");
        }
        if (entry.ForgetsHostKey(SHA256.HashData(key.Blob.Span)))
        {
            return Mismatch(entry, key, "the session's annotation forgets this key");
        }
        return FindLearned(entry) is { } learned && !key.Blob.Span.SequenceEqual(learned.Blob)
            ? Mismatch(entry, key, $"this pod's key was {SshPublicKey.FingerprintOf(learned.Blob)}")
            : null;
    }

    /// <summary>Remembers the key of a pod that has let us in.</summary>
    /// <returns>Null, or a refusal: another login was first and has learned another key, which counts.</returns>
    public Refusal? Learn(SessionEntry entry, PresentedKey presented)
    {
        if (entry.HostKeys.Count + entry.HostCAKeys.Count > 0)
        {
            return null;
        }
        // Another login may have learned a key since the check before.
        if (Check(entry, presented) is { } refusal)
        {
            return refusal;
        }
        var learned = new LearnedPodKey(entry.SessionId, entry.PodUid, presented.Key.Blob.ToArray());
        if (_learned.TryAdd(entry.PodUid, learned))
        {
            Learned?.Invoke(learned);
            _order.Enqueue(entry.PodUid);
            if (_order.Count > Capacity && _order.TryDequeue(out string? oldest))
            {
                _learned.TryRemove(oldest, out _);
            }
        }
        return Check(entry, presented);
    }

    private LearnedPodKey? FindLearned(SessionEntry entry)
    {
        if (!_learned.TryGetValue(entry.PodUid, out LearnedPodKey? learned))
        {
            return null;
        }
        if (!entry.ForgetsHostKey(SHA256.HashData(learned.Blob)))
        {
            return learned;
        }
        _learned.TryRemove(KeyValuePair.Create(entry.PodUid, learned));
        return null;
    }

    private static bool IsAmong(IReadOnlyList<ReadOnlyMemory<byte>> blobs, SshPublicKey key)
    {
        foreach (ReadOnlyMemory<byte> blob in blobs)
        {
            if (key.Blob.Span.SequenceEqual(blob.Span))
            {
                return true;
            }
        }
        return false;
    }

    private Refusal Mismatch(SessionEntry entry, SshPublicKey key, string why)
    {
        Refused?.Invoke(entry.SessionId, entry.PodUid, key.Fingerprint);
        return new Refusal(
            ConnectionEnd.PodHostKeyMismatch,
            $"The pod of session {entry.SessionId} presented an unexpected host key, so the gateway did not log in. Please report this to the operators.",
            $"pod {entry.PodName} ({entry.PodUid}) at {entry.Endpoint} showed {key.Fingerprint}; {why}");
    }
}

/// <summary>The host key of a pod's first login.</summary>
/// <param name="SessionId">The session whose login it was.</param>
/// <param name="Blob">The key in the SSH wire format.</param>
internal sealed record LearnedPodKey(string SessionId, string PodUid, byte[] Blob);
