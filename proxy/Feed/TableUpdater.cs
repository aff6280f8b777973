using SshGateway.Proxy.Table;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;

namespace SshGateway.Proxy.Feed;

/// <summary>
/// Applies the messages of one stream to the table. A snapshot only adds and changes until it is complete: a stream
/// that breaks in the middle of one takes nothing away.
/// </summary>
internal sealed class TableUpdater(SessionTable table, ILogger logger)
{
    // The sessions that the snapshot names; null once it is complete.
    private HashSet<string>? _snapshot = new(StringComparer.Ordinal);
    private ulong _received;

    /// <summary>Whether the table is in step with this stream.</summary>
    public bool IsSynced => _snapshot is null;

    /// <summary>Applies one message.</summary>
    /// <returns>The sequence that the table has reached by it; null when the message brings no sequence.</returns>
    /// <exception cref="GrpcException">The message does not belong here.</exception>
    public ulong? Apply(FeedMessage message)
    {
        switch (message.MessageCase)
        {
            case FeedMessage.MessageOneofCase.Snapshot when _snapshot is not null:
                foreach (Entry entry in message.Snapshot.Entries)
                {
                    _received++;
                    _snapshot.Add(entry.SessionId);
                    Upsert(entry);
                }
                return null;
            case FeedMessage.MessageOneofCase.SyncComplete when _snapshot is not null:
                Complete(_snapshot, message.SyncComplete);
                return message.SyncComplete.Sequence;
            case FeedMessage.MessageOneofCase.Delta when IsSynced:
                foreach (Entry entry in message.Delta.Upserts)
                {
                    Upsert(entry);
                }
                foreach (Removal removal in message.Delta.Removals)
                {
                    table.Remove(removal.SessionId, removal.PodUid);
                }
                return message.Delta.Sequence;
            case FeedMessage.MessageOneofCase.Heartbeat when IsSynced:
                return null;
            default:
                throw new GrpcException(GrpcStatusCode.Internal,
                    $"the operator sent {message.MessageCase} {(IsSynced ? "after" : "before")} SyncComplete");
        }
    }

    private void Complete(HashSet<string> named, SyncComplete complete)
    {
        if (complete.Count != _received)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"the snapshot has {_received} entries; the operator says {complete.Count}");
        }
        table.RemoveAllBut(named);
        _snapshot = null;
    }

    // A bad entry leaves the session as it was: better the last good route than none.
    private void Upsert(Entry entry)
    {
        if (EntryDecoding.TryDecode(entry, out SessionEntry? decoded, out string? problem))
        {
            table.Upsert(decoded);
        }
        else
        {
            FeedClientLog.EntrySkipped(logger, Uri.EscapeDataString(entry.SessionId), problem);
        }
    }
}
