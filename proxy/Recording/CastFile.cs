using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace SshGateway.Proxy.Recording;

/// <summary>
/// Encodes one recording in asciicast v2 (docs.asciinema.org/manual/asciicast/v2): a line with a header, then a line
/// for each event: [seconds, code, text]. It makes blocks for the writer.
/// </summary>
internal sealed class CastFile
{
    public const byte Output = (byte)'o';
    public const byte Input = (byte)'i';
    public const byte Resize = (byte)'r';
    public const byte Marker = (byte)'m';

    // The small one is enough for a keystroke's echo. Longer data is cut, so that each event fits in the large one.
    private const int SmallBlock = 4096;
    private const int LargeBlock = 64 * 1024;
    private const int MaxData = 4096;

    // [, seconds, a point and six digits, the code and the quotation marks, and the end of the line.
    private const int MaxFrame = 48;

    private static readonly JsonWriterOptions HeaderOptions = new() { SkipValidation = true };

    private readonly RecordingFile _file;
    private readonly Queue<RecordingBlock> _blocks;
    private byte[]? _buffer;
    private int _length;

    /// <param name="blocks">Takes the blocks.</param>
    /// <param name="header">Its first line.</param>
    public CastFile(RecordingFile file, Queue<RecordingBlock> blocks, in CastHeader header)
    {
        (_file, _blocks) = (file, blocks);
        var line = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(line, HeaderOptions))
        {
            header.Write(json);
        }
        Reserve(line.WrittenCount + 1, SmallBlock);
        line.WrittenSpan.CopyTo(_buffer.AsSpan(_length));
        _length += line.WrittenCount;
        _buffer![_length++] = (byte)'\n';
    }

    public RecordingFile File => _file;

    /// <summary>Bytes so far.</summary>
    public long Size { get; private set; }

    /// <param name="at">Since the recording began.</param>
    /// <param name="code">What kind of event it is.</param>
    /// <param name="text">Its stream.</param>
    public void Write(TimeSpan at, byte code, ReadOnlySpan<byte> data, CastText text)
    {
        do
        {
            ReadOnlySpan<byte> part = data[..Math.Min(data.Length, MaxData)];
            data = data[part.Length..];
            Reserve(MaxFrame + CastText.MaxEncoded(part.Length), part.Length > SmallBlock / 8 ? LargeBlock : SmallBlock);
            Span<byte> room = _buffer.AsSpan(_length);
            int start = Begin(room, at, code);
            // It may be only the beginning of a character.
            Finish(room, start, text.Encode(part, room[start..]));
        }
        while (!data.IsEmpty);
    }

    /// <summary>The stream has ended; what was cut of its last character is shown as such.</summary>
    /// <inheritdoc cref="Write"/>
    public void WriteEnd(TimeSpan at, byte code, CastText text)
    {
        Reserve(MaxFrame + CastText.MaxEncoded(0), SmallBlock);
        Span<byte> room = _buffer.AsSpan(_length);
        int start = Begin(room, at, code);
        Finish(room, start, text.End(room[start..]));
    }

    /// <summary>Hands over what is not full.</summary>
    public void Flush() => Push(isLast: false);

    /// <summary>Nothing more comes.</summary>
    public void End() => Push(isLast: true);

    /// <summary>Gives up what was not handed over.</summary>
    public void Drop()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _length) = (null, 0);
        }
    }

    private static int Begin(Span<byte> room, TimeSpan at, byte code)
    {
        room[0] = (byte)'[';
        long microseconds = Math.Max(at.Ticks / TimeSpan.TicksPerMicrosecond, 0);
        Utf8Formatter.TryFormat(microseconds / 1_000_000, room[1..], out int digits);
        int length = 1 + digits;
        room[length++] = (byte)'.';
        Utf8Formatter.TryFormat(microseconds % 1_000_000, room[length..], out _, new StandardFormat('D', 6));
        length += 6;
        ReadOnlySpan<byte> frame = [(byte)',', (byte)' ', (byte)'"', code, (byte)'"', (byte)',', (byte)' ', (byte)'"'];
        frame.CopyTo(room[length..]);
        return length + frame.Length;
    }

    // Without a text, there is no event.
    private void Finish(Span<byte> room, int start, int textLength)
    {
        if (textLength > 0)
        {
            "\"]\n"u8.CopyTo(room[(start + textLength)..]);
            int length = start + textLength + 3;
            _length += length;
            Size += length;
        }
    }

    private void Reserve(int count, int block)
    {
        if (_buffer is not null && _buffer.Length - _length < count)
        {
            Push(isLast: false);
        }
        _buffer ??= ArrayPool<byte>.Shared.Rent(Math.Max(count, block));
    }

    private void Push(bool isLast)
    {
        if (_length == 0 && !isLast)
        {
            return;
        }
        _blocks.Enqueue(new RecordingBlock(_file, _buffer, _length, isLast));
        (_buffer, _length) = (null, 0);
    }
}
