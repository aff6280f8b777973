using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;

namespace SshGateway.Feed;

/// <summary>An entry's part of a table's hash, as endpoint_feed.proto defines it.</summary>
internal static class EntryHash
{
    public static ulong Compute(ReadOnlySpan<byte> wire)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(wire, digest);
        return BinaryPrimitives.ReadUInt64BigEndian(digest);
    }

    /// <summary>Of an entry from the wire: unknown fields are kept, so its bytes come out as they came.</summary>
    public static ulong Compute(Entry entry) => Compute(entry.ToByteArray());
}
