using SshGateway.Feed;

namespace SshGateway.Operator.Table;

/// <summary>One session as the proxies are told of it.</summary>
/// <param name="Wire">The serialized entry: made once, shared by all streams. Two entries are equal when these bytes are.</param>
internal sealed record TableEntry(string SessionId, string PodUid, ReadOnlyMemory<byte> Wire)
{
    /// <summary>Its part of the table's hash.</summary>
    public ulong Hash { get; } = EntryHash.Of(Wire.Span);

    public bool IsSameAs(TableEntry other) => Wire.Span.SequenceEqual(other.Wire.Span);
}
