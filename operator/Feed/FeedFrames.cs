using System.Buffers;
using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Operator.Table;

namespace SshGateway.Operator.Feed;

/// <summary>
/// Composes serialized feed messages around entries that are serialized already, so that a table of many sessions is
/// serialized once and not once per stream:
/// <code>
/// FeedMessage   { tag(snapshot or delta) length body }
/// SnapshotChunk { tag(entries) length Entry }* tag(versions) length Versions
/// Delta         { tag(upserts) length Entry }* { tag(removals) length Removal }*
///               tag(sequence) varint tag(versions) length Versions
/// </code>
/// A message is valid until the next one is begun.
/// </summary>
internal sealed class FeedFrames
{
    public const int MaxEntries = 1000;
    public const int MaxBytes = 512 * 1024;

    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly ArrayBufferWriter<byte> _message = new();
    private int _entries;

    /// <summary>Whether another entry belongs into another message.</summary>
    public bool IsFull => _entries >= MaxEntries || _body.WrittenCount >= MaxBytes;

    public bool IsEmpty => _entries == 0;

    public void AddSnapshotEntry(TableEntry entry) => Add(SnapshotChunk.EntriesFieldNumber, entry.Wire.Span);

    /// <summary>Adds one change to a delta; a session that came and went unseen is none.</summary>
    public void AddChange(string sessionId, PendingChange change)
    {
        if (change.Latest is not null)
        {
            Add(Delta.UpsertsFieldNumber, change.Latest.Wire.Span);
        }
        else if (change.Sent is not null)
        {
            // The proxy has what was sent, not what changed in between: the removal must name that pod.
            Add(Delta.RemovalsFieldNumber, new Removal { SessionId = sessionId, PodUid = change.Sent.PodUid }.ToByteArray());
        }
    }

    public ReadOnlyMemory<byte> TakeSnapshotChunk(Versions versions)
    {
        WriteLengthDelimited(_body, SnapshotChunk.VersionsFieldNumber, versions.ToByteArray());
        return Take(FeedMessage.SnapshotFieldNumber);
    }

    public ReadOnlyMemory<byte> TakeDelta(ulong sequence, Versions versions)
    {
        WriteVarint(_body, WireFormat.MakeTag(Delta.SequenceFieldNumber, WireFormat.WireType.Varint));
        WriteVarint(_body, sequence);
        WriteLengthDelimited(_body, Delta.VersionsFieldNumber, versions.ToByteArray());
        return Take(FeedMessage.DeltaFieldNumber);
    }

    private void Add(int field, ReadOnlySpan<byte> message)
    {
        WriteLengthDelimited(_body, field, message);
        _entries++;
    }

    private ReadOnlyMemory<byte> Take(int field)
    {
        _message.ResetWrittenCount();
        WriteLengthDelimited(_message, field, _body.WrittenSpan);
        _body.ResetWrittenCount();
        _entries = 0;
        return _message.WrittenMemory;
    }

    private static void WriteLengthDelimited(ArrayBufferWriter<byte> output, int field, ReadOnlySpan<byte> content)
    {
        WriteVarint(output, WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited));
        WriteVarint(output, (ulong)content.Length);
        output.Write(content);
    }

    private static void WriteVarint(ArrayBufferWriter<byte> output, ulong value)
    {
        Span<byte> bytes = output.GetSpan(10);
        int length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[length++] = (byte)(value | 0x80);
        }
        bytes[length++] = (byte)value;
        output.Advance(length);
    }
}
