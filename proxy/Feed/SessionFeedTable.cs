using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Feed;

/// <summary>Makes the feed's entries the sessions of the table.</summary>
internal sealed class SessionFeedTable(SessionTable table) : IFeedTable
{
    public int Count => table.Count;

    public IEnumerable<(string SessionId, ulong Hash)> Hashes => table.Entries.Select(entry => (entry.SessionId, entry.WireHash));

    public string? Upsert(Entry entry)
    {
        if (EntryDecoding.TryDecode(entry, out SessionEntry? decoded, out string? problem))
        {
            table.Upsert(decoded);
        }
        return problem;
    }

    public void Remove(string sessionId, string podUid) => table.Remove(sessionId, podUid);

    public void Remove(string sessionId) => table.Remove(sessionId);

    public void RemoveAllBut(IReadOnlySet<string> kept) => table.RemoveAllBut(kept);
}
