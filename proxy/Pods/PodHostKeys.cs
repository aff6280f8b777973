using System.Collections.Concurrent;
using SshGateway.Proxy.Connections;
using SshGateway.Proxy.Table;
using SshGateway.Shared.Ssh;
using SshGateway.Shared.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>
/// Which host keys a pod may show: the ones that its session pins, else the one of its first login. Learned keys are kept per pod UID, so a new
/// pod under an old name or address starts anew. A mismatch is never repaired by asking again.
/// </summary>
internal sealed class PodHostKeys
{
    // Pods come and go; the oldest are forgotten beyond this.
    private const int Capacity = 100_000;

    private readonly ConcurrentDictionary<string, byte[]> _learned = new();
    private readonly ConcurrentQueue<string> _order = new();

    /// <summary>The signature algorithms to ask the pod for, so that it shows the key that is known.</summary>
    public IReadOnlyList<string> AlgorithmsFor(SessionEntry entry)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> known = entry.HostKeys;
        if (known.Count == 0 && _learned.TryGetValue(entry.PodUid, out byte[]? learned))
        {
            known = [learned];
        }
        HashSet<string> types = [.. known.Select(blob => SshPublicKey.Parse(blob.Span).Type)];
        return [.. SignatureAlgorithm.All.Where(algorithm => types.Count == 0 || types.Contains(algorithm.KeyType)).Select(algorithm => algorithm.Name)];
    }

    /// <exception cref="LoginRefusedException">The pod must not have this key.</exception>
    public void Check(SessionEntry entry, SshPublicKey key)
    {
        ReadOnlySpan<byte> shown = key.Blob.Span;
        IReadOnlyList<ReadOnlyMemory<byte>> pinnedKeys = entry.HostKeys;
        if (pinnedKeys.Count > 0)
        {
            foreach (ReadOnlyMemory<byte> pinned in pinnedKeys)
            {
                if (shown.SequenceEqual(pinned.Span))
                {
                    return;
                }
            }
            throw Mismatch(entry, key, "it is not one of the session's pinned host keys");
        }
        if (_learned.TryGetValue(entry.PodUid, out byte[]? learned) && !shown.SequenceEqual(learned))
        {
            throw Mismatch(entry, key, $"this pod's key was {SshPublicKey.FingerprintOf(learned)}");
        }
    }

    /// <summary>Remembers the key of a pod that has let us in; when another login was first, its key counts.</summary>
    /// <exception cref="LoginRefusedException">Another login has learned another key.</exception>
    public void Learn(SessionEntry entry, SshPublicKey key)
    {
        if (entry.HostKeys.Count > 0)
        {
            return;
        }
        if (_learned.TryAdd(entry.PodUid, key.Blob.ToArray()))
        {
            _order.Enqueue(entry.PodUid);
            if (_order.Count > Capacity && _order.TryDequeue(out string? oldest))
            {
                _learned.TryRemove(oldest, out _);
            }
        }
        Check(entry, key);
    }

    private static LoginRefusedException Mismatch(SessionEntry entry, SshPublicKey key, string why) => new(
        ConnectionEnd.PodHostKeyMismatch,
        $"The pod of session {entry.SessionId} showed an unexpected host key, so the gateway did not log in. Please report this to the operators.",
        $"pod {entry.PodName} ({entry.PodUid}) at {entry.Endpoint} showed {key.Fingerprint}; {why}");
}
