using System.Buffers;
using System.Text;

namespace SshGateway.Proxy.Recording;

/// <summary>
/// Turns the bytes of one stream into the inside of JSON strings (RFC 8259 section 7). A UTF-8 sequence that was cut
/// between two calls is put together. Each invalid sequence becomes U+FFFD, as .NET and browsers decode it.
/// </summary>
/// <param name="addCarriageReturns">Writes CR LF for a lone LF: the stream is not from a terminal, and a player would
/// not go back to the first column.</param>
internal sealed class CastText(bool addCarriageReturns)
{
    private const int MaxSequence = 4;

    private static readonly SearchValues<byte> Plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(value => (byte)value).Where(value => value is not ((byte)'"' or (byte)'\\'))]);

    private readonly byte[] _cut = new byte[MaxSequence];
    private int _cutLength;
    private bool _isAfterReturn;

    /// <summary>The most that <see cref="Encode"/> writes for so many bytes.</summary>
    // A control character is \u001b; what was kept of a cut sequence can become a U+FFFD.
    public static int MaxEncoded(int length) => (6 * length) + MaxSequence;

    /// <returns>How many bytes were written.</returns>
    public int Encode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int written = _cutLength > 0 ? Complete(ref input, output) : 0;
        while (!input.IsEmpty)
        {
            int plain = input.IndexOfAnyExcept(Plain);
            if (plain != 0)
            {
                ReadOnlySpan<byte> run = plain < 0 ? input : input[..plain];
                run.CopyTo(output[written..]);
                written += run.Length;
                input = input[run.Length..];
                _isAfterReturn = false;
            }
            else if (input[0] < 0x80)
            {
                written += Escape(input[0], output[written..]);
                input = input[1..];
            }
            else
            {
                written += Decode(ref input, output[written..]);
            }
        }
        return written;
    }

    /// <summary>The stream has ended: a sequence that was cut stays so.</summary>
    /// <returns>How many bytes were written.</returns>
    public int End(Span<byte> output)
    {
        bool isCut = _cutLength > 0;
        _cutLength = 0;
        return isCut ? Replace(output) : 0;
    }

    private int Decode(ref ReadOnlySpan<byte> input, Span<byte> output)
    {
        _isAfterReturn = false;
        OperationStatus status = Rune.DecodeFromUtf8(input, out _, out int length);
        if (status == OperationStatus.NeedMoreData)
        {
            input.CopyTo(_cut);
            _cutLength = input.Length;
            input = [];
            return 0;
        }
        int written = length;
        if (status == OperationStatus.Done)
        {
            input[..length].CopyTo(output);
        }
        else
        {
            written = Replace(output);
        }
        input = input[length..];
        return written;
    }

    private int Complete(ref ReadOnlySpan<byte> input, Span<byte> output)
    {
        Span<byte> joined = stackalloc byte[MaxSequence];
        _cut.AsSpan(0, _cutLength).CopyTo(joined);
        int taken = Math.Min(input.Length, MaxSequence - _cutLength);
        input[..taken].CopyTo(joined[_cutLength..]);
        joined = joined[..(_cutLength + taken)];
        OperationStatus status = Rune.DecodeFromUtf8(joined, out _, out int length);
        if (status == OperationStatus.NeedMoreData)
        {
            joined.CopyTo(_cut);
            _cutLength = joined.Length;
            input = [];
            return 0;
        }
        // The kept bytes begin a sequence: they are consumed in any case, and perhaps more.
        input = input[Math.Max(length - _cutLength, 0)..];
        _cutLength = 0;
        if (status != OperationStatus.Done)
        {
            return Replace(output);
        }
        joined[..length].CopyTo(output);
        return length;
    }

    private int Escape(byte value, Span<byte> output)
    {
        bool isAfterReturn = _isAfterReturn;
        _isAfterReturn = value == '\r';
        ReadOnlySpan<byte> text = value switch
        {
            (byte)'"' => "\\\""u8,
            (byte)'\\' => "\\\\"u8,
            (byte)'\n' => addCarriageReturns && !isAfterReturn ? "\\r\\n"u8 : "\\n"u8,
            (byte)'\r' => "\\r"u8,
            (byte)'\t' => "\\t"u8,
            (byte)'\b' => "\\b"u8,
            (byte)'\f' => "\\f"u8,
            _ => [],
        };
        if (text.IsEmpty)
        {
            "\\u00"u8.CopyTo(output);
            output[4] = HexDigit(value >> 4);
            output[5] = HexDigit(value & 0xf);
            return 6;
        }
        text.CopyTo(output);
        return text.Length;
    }

    private static byte HexDigit(int value) => "0123456789abcdef"u8[value];

    private static int Replace(Span<byte> output)
    {
        ReadOnlySpan<byte> replacement = "\uFFFD"u8;
        replacement.CopyTo(output);
        return replacement.Length;
    }
}
