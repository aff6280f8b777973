using SshGateway.Feed;

namespace SshGateway.Operator.Table;

/// <summary>One session as the proxies are told of it.</summary>
/// <param name="Wire">The serialized entry: made once, shared by all streams. Two entries are equal when these bytes
/// are.</param>
internal sealed record TableEntry(string SessionId, string PodUid, ReadOnlyMemory<byte> Wire)
{
    /// <summary>Its part of the table's hash.</summary>
    public ulong Hash { get; } = EntryHash.Compute(Wire.Span);

    public bool IsSameAs(TableEntry other) => Wire.Span.SequenceEqual(other.Wire.Span);
}

/// <summary>What a table is at one moment. A proxy's is compared with ours to find out what it lacks.</summary>
/// <param name="Epoch">Names the history that the sequence counts; empty: none.</param>
/// <param name="Hash">Of all entries, as endpoint_feed.proto defines it.</param>
internal readonly record struct TablePosition(string Epoch, ulong Sequence, ulong Count, ulong Hash);
