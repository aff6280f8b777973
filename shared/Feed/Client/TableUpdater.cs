using Grpc.Core;
using Microsoft.Extensions.Logging;
using SshGateway.Hosting.Text;

namespace SshGateway.Feed.Client;

/// <summary>
/// Applies the messages of one stream after the other to the table, and knows what the table is in between. A snapshot
/// only adds and changes until it is complete: a stream that breaks in the middle of one takes nothing away.
/// </summary>
internal sealed class TableUpdater(IFeedTable table, FeedProgram program, ILogger logger)
{
    // Entries that could not be used. The operator counts them, so they count here, and the removal of one names its
    // pod.
    private readonly Dictionary<string, (ulong Hash, string PodUid)> _skipped = new(StringComparer.Ordinal);

    private readonly SeenVersions _seen = new();

    // The sessions that a snapshot named so far; null outside of one.
    private HashSet<string>? _snapshot;
    private ulong _received;

    // Where in which operator's history the table is; and whether it really is there, and not on the way.
    private string _epoch = "";
    private ulong _sequence;
    private bool _isAtSequence;

    // This stream may begin with the changes since then.
    private bool _resumes;

    // Nothing has come yet, or the table has turned out to be wrong.
    private bool _needsSnapshot = true;

    // Why this stream would begin with a snapshot.
    private SyncCause _snapshotCause;
    private bool _hasSynced;

    /// <summary>Whether the table is in step with this stream.</summary>
    public bool IsSynced { get; private set; }

    /// <summary>How it came to be; valid once it is.</summary>
    public SyncCause Cause { get; private set; }

    /// <summary>A new stream begins.</summary>
    /// <returns>Its Hello, without the program's name.</returns>
    public Hello Begin()
    {
        IsSynced = false;
        _resumes = _isAtSequence && !_needsSnapshot;
        _snapshotCause = _resumes ? SyncCause.HistoryTooShort : _needsSnapshot ? SyncCause.HashMismatch : SyncCause.Interrupted;
        _snapshot = null;
        _received = 0;
        var hello = new Hello { Minimum = _seen.ToMessage() };
        if (!_needsSnapshot)
        {
            (ulong count, ulong hash) = Measure();
            hello.Have = new TableState { Epoch = _resumes ? _epoch : "", Sequence = _sequence, Count = count, Hash = hash };
        }
        return hello;
    }

    /// <summary>The cluster counts its versions anew.</summary>
    public void ForgetMinimum() => _seen.Forget();

    /// <summary>Applies one message.</summary>
    /// <returns>The sequence that the table has reached by it; null when the message brings none.</returns>
    /// <exception cref="TableMismatchException">The table is not the operator's.</exception>
    /// <exception cref="RpcException">The message does not belong here.</exception>
    public ulong? Apply(FeedMessage message)
    {
        switch (message.MessageCase)
        {
            case FeedMessage.MessageOneofCase.Snapshot when !IsSynced:
                AddToSnapshot(message.Snapshot);
                return null;
            case FeedMessage.MessageOneofCase.SyncComplete when !IsSynced && !_needsSnapshot:
                Complete(message.SyncComplete);
                return message.SyncComplete.Sequence;
            case FeedMessage.MessageOneofCase.Delta when IsSynced || (_snapshot is null && _resumes):
                return Apply(message.Delta);
            case FeedMessage.MessageOneofCase.Heartbeat when IsSynced:
                Check(message.Heartbeat.Count, message.Heartbeat.Hash);
                return null;
            default:
                throw new RpcException(new Status(StatusCode.Internal,
                    $"the operator sent {message.MessageCase} {(IsSynced ? "after" : "before")} SyncComplete"));
        }
    }

    private void AddToSnapshot(SnapshotChunk chunk)
    {
        _snapshot ??= new HashSet<string>(StringComparer.Ordinal);
        _needsSnapshot = false;
        _isAtSequence = false;
        _seen.Raise(chunk.Versions);
        foreach (Entry entry in chunk.Entries)
        {
            _received++;
            _snapshot.Add(entry.SessionId);
            Upsert(entry);
        }
    }

    private void Complete(SyncComplete complete)
    {
        SyncCause cause = CauseOf(complete);
        if (_snapshot is not null)
        {
            if (complete.Count != _received)
            {
                throw new RpcException(new Status(StatusCode.Internal, $"the snapshot has {_received} entries; the operator says {complete.Count}"));
            }
            table.RemoveAllBut(_snapshot);
            foreach (string gone in _skipped.Keys.Where(id => !_snapshot.Contains(id)).ToArray())
            {
                _skipped.Remove(gone);
            }
            _snapshot = null;
        }
        Check(complete.Count, complete.Hash);
        _seen.Raise(complete.Versions);
        (_epoch, _sequence, _isAtSequence) = (complete.Epoch, complete.Sequence, true);
        (IsSynced, _hasSynced, Cause) = (true, true, cause);
    }

    private SyncCause CauseOf(SyncComplete complete)
    {
        bool isSameEpoch = _resumes && complete.Epoch == _epoch;
        return !_hasSynced ? SyncCause.First
            : _snapshot is null ? (isSameEpoch ? SyncCause.Changes : SyncCause.EqualHash)
            : _snapshotCause == SyncCause.HistoryTooShort && !isSameEpoch ? SyncCause.NewEpoch
            : _snapshotCause;
    }

    private ulong? Apply(Delta delta)
    {
        _seen.Raise(delta.Versions);
        foreach (Entry entry in delta.Upserts)
        {
            Upsert(entry);
        }
        foreach (Removal removal in delta.Removals)
        {
            Remove(removal);
        }
        // While it resumes, and between the parts of one delta, the table is at no sequence that an operator could go
        // on from.
        _isAtSequence = IsSynced && delta.Sequence > _sequence;
        if (!_isAtSequence)
        {
            return null;
        }
        _sequence = delta.Sequence;
        return _sequence;
    }

    private void Remove(Removal removal)
    {
        if (!_skipped.TryGetValue(removal.SessionId, out (ulong Hash, string PodUid) skipped))
        {
            table.Remove(removal.SessionId, removal.PodUid);
        }
        else if (skipped.PodUid == removal.PodUid)
        {
            // The entry that was kept in its place is an older one of the same session.
            _skipped.Remove(removal.SessionId);
            table.Remove(removal.SessionId);
        }
    }

    // A bad entry leaves the session as it was: better the last good route than none.
    private void Upsert(Entry entry)
    {
        if (table.Upsert(entry) is { } problem)
        {
            _skipped[entry.SessionId] = (EntryHash.Compute(entry), entry.PodUid);
            FeedClientLog.EntrySkipped(logger, Uri.EscapeDataString(entry.SessionId), problem);
        }
        else
        {
            _skipped.Remove(entry.SessionId);
        }
    }

    private void Check(ulong count, ulong hash)
    {
        (ulong Count, ulong Hash) own = Measure();
        if (own != (count, hash))
        {
            _needsSnapshot = true;
            throw new TableMismatchException(
                $"this {program.Name} has {new Quantity((long)own.Count, "session")} with hash {own.Hash:x16}, the operator has {count} with hash {hash:x16}");
        }
    }

    // From the table itself and not kept beside it: so that what is wrong with the table shows.
    private (ulong Count, ulong Hash) Measure()
    {
        ulong count = 0;
        ulong hash = 0;
        foreach ((string sessionId, ulong entryHash) in table.Hashes)
        {
            if (!_skipped.ContainsKey(sessionId))
            {
                count++;
                hash = unchecked(hash + entryHash);
            }
        }
        foreach ((ulong Hash, string PodUid) skipped in _skipped.Values)
        {
            count++;
            hash = unchecked(hash + skipped.Hash);
        }
        return (count, hash);
    }
}

/// <summary>The table is not the operator's, although every message was applied; the message says in what.</summary>
internal sealed class TableMismatchException(string message) : Exception(message);

/// <summary>How a table was brought into step with an operator: a closed list, for the metric.</summary>
internal enum SyncCause
{
    /// <summary>The first table of this process.</summary>
    First,

    /// <summary>What had changed since was sent.</summary>
    Changes,

    /// <summary>Another operator, or the same one after a restart, had the same table: nothing was sent.</summary>
    EqualHash,

    /// <summary>The whole table, for an operator of another epoch had another one.</summary>
    NewEpoch,

    /// <summary>The whole table, for the operator did not remember as far back.</summary>
    HistoryTooShort,

    /// <summary>The whole table, for the stream before was cut in the middle of a snapshot or of changes.</summary>
    Interrupted,

    /// <summary>The whole table, for the one that was here turned out to be wrong.</summary>
    HashMismatch,
}
