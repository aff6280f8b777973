using System.Threading.Channels;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Table;

/// <summary>
/// One stream's view of the table: what its proxy lacks at first, then the latest change of each session that
/// changed. However slow the stream is, this costs one item per session, not one per event.
/// </summary>
internal sealed class TableSubscription(EndpointTable table, TablePosition position, ClusterVersions versions) : IDisposable
{
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Dictionary<string, PendingChange> _pending = new(StringComparer.Ordinal);

    /// <summary>The whole table, at <see cref="Position"/>; null: changes suffice to complete the proxy's.</summary>
    public IReadOnlyList<TableEntry>? Snapshot { get; internal set; }

    /// <summary>The table when this subscription began. In another epoch, the subscription is of no use.</summary>
    public TablePosition Position { get; } = position;

    /// <summary>What that was made of.</summary>
    public ClusterVersions Versions { get; } = versions;

    /// <summary>Completes when there is something to take, or when it was woken.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _signal.Reader.ReadAsync(cancellationToken);

    /// <summary>Completes the wait although nothing changed.</summary>
    public void Wake() => _signal.Writer.TryWrite(true);

    public TableChanges Take() => table.Take(this);

    public void Dispose() => table.Unsubscribe(this);

    /// <summary>Called under the table's lock.</summary>
    internal void Mark(string sessionId, TableEntry? previous, TableEntry? latest)
    {
        _pending[sessionId] = _pending.TryGetValue(sessionId, out PendingChange earlier)
            ? earlier with { Latest = latest }
            : new PendingChange(previous, latest);
    }

    /// <summary>Called under the table's lock.</summary>
    internal Dictionary<string, PendingChange> TakePending()
    {
        Dictionary<string, PendingChange> taken = _pending;
        _pending = taken.Count == 0 ? taken : new(StringComparer.Ordinal);
        return taken;
    }
}

/// <summary>A change that one stream has not sent yet.</summary>
/// <param name="Sent">What the stream's proxy has of the session; null when it has nothing.</param>
/// <param name="Latest">What it should have; null when the session is gone.</param>
internal readonly record struct PendingChange(TableEntry? Sent, TableEntry? Latest);

/// <summary>The changes that a stream sends next, what the table is after them, and what it was made of.</summary>
internal sealed record TableChanges(IReadOnlyDictionary<string, PendingChange> Pending, TablePosition Position, ClusterVersions Versions);
