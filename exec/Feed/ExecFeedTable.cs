using System.Net;
using SshGateway.Exec.Sessions;
using SshGateway.Feed;
using SshGateway.Feed.Client;

namespace SshGateway.Exec.Feed;

/// <summary>
/// Makes the feed's entries of pods without sshd the relay's sessions. Of the others it keeps what the table's hash and
/// removals need: the operator counts them, too.
/// </summary>
internal sealed class ExecFeedTable(ExecSessionTable sessions) : IFeedTable
{
    // Used by the feed client alone.
    private readonly Dictionary<string, (ulong Hash, string PodUid)> _entries = new(StringComparer.Ordinal);

    /// <summary>Sessions of the relay.</summary>
    public int Count => sessions.Count;

    public IEnumerable<(string SessionId, ulong Hash)> Hashes => _entries.Select(entry => (entry.Key, entry.Value.Hash));

    public string? Upsert(Entry entry)
    {
        if (EntryRules.FindProblem(entry) is { } problem)
        {
            return problem;
        }
        _entries[entry.SessionId] = (EntryHash.Compute(entry), entry.PodUid);
        if (entry.Exec is null)
        {
            sessions.Remove(entry.SessionId);
        }
        else
        {
            sessions.Upsert(Decode(entry, entry.Exec));
        }
        return null;
    }

    public void Remove(string sessionId, string podUid)
    {
        if (_entries.TryGetValue(sessionId, out (ulong Hash, string PodUid) entry) && entry.PodUid == podUid)
        {
            Remove(sessionId);
        }
    }

    public void Remove(string sessionId)
    {
        _entries.Remove(sessionId);
        sessions.Remove(sessionId);
    }

    public void RemoveAllBut(IReadOnlySet<string> kept)
    {
        foreach (string gone in _entries.Keys.Where(id => !kept.Contains(id)).ToArray())
        {
            Remove(gone);
        }
    }

    private static ExecSession Decode(Entry entry, ExecPod exec) => new(entry.SessionId, entry.Namespace, entry.PodName, entry.PodUid, exec.Container)
    {
        Shell = exec.Shell,
        SftpServer = exec.SftpServer,
        AcceptEnv = [.. exec.AcceptEnv],
        PodAddress = entry.PodIp.IsEmpty ? null : new IPAddress(entry.PodIp.Span),
        Refusal = FindRefusal(entry),
    };

    // The proxies decide who may log in and wait for pods; the relay is what the pod's sshd would be. So it refuses
    // nothing while the pod is there, such as another channel of a connection that outlives access.
    private static string? FindRefusal(Entry entry) =>
        entry.Access == Access.Disabled ? $"Session {entry.SessionId} is disabled."
        : entry.State == EndpointState.None ? $"Session {entry.SessionId} has no pod{(entry.Reason.Length > 0 ? $" ({entry.Reason})" : "")}."
        : null;
}
