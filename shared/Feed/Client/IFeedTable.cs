namespace SshGateway.Feed.Client;

/// <summary>The table that a program makes of the feed. The feed client is its only writer.</summary>
internal interface IFeedTable
{
    /// <summary>How many sessions it has.</summary>
    int Count { get; }

    /// <summary>
    /// Each session with the hash of its entry (endpoint_feed.proto). Read from the table itself: a table that differs
    /// from the operator's must show.
    /// </summary>
    IEnumerable<(string SessionId, ulong Hash)> Hashes { get; }

    /// <summary>Adds the session or replaces what the table has of it.</summary>
    /// <returns>The field that is wrong, and how: then the table is as before. Null: the entry is good.</returns>
    string? Upsert(Entry entry);

    /// <summary>Removes the session while its entry still has this pod UID.</summary>
    void Remove(string sessionId, string podUid);

    /// <summary>Removes the session, whatever its pod.</summary>
    void Remove(string sessionId);

    /// <summary>Removes every session that is not in <paramref name="kept"/>.</summary>
    void RemoveAllBut(IReadOnlySet<string> kept);
}
