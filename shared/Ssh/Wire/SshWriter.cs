using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SshGateway.Ssh.Wire;

/// <summary>Builds messages of RFC 4251's data types (section 5), for handshakes; never relayed packets.</summary>
internal sealed class SshWriter
{
    private byte[] _buffer;
    private int _length;

    public SshWriter(int capacity = 256) => _buffer = new byte[capacity];

    /// <summary>Starts a message with its number.</summary>
    public static SshWriter Message(byte number)
    {
        var writer = new SshWriter();
        writer.WriteByte(number);
        return writer;
    }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Forgets what was written, and overwrites it: for private keys.</summary>
    public void Clear()
    {
        CryptographicOperations.ZeroMemory(_buffer);
        _length = 0;
    }

    public byte[] ToArray() => Written.ToArray();

    /// <summary>What was written, of which nothing stays here: for secrets.</summary>
    public byte[] ToArrayAndClear()
    {
        byte[] written = ToArray();
        Clear();
        return written;
    }

    public SshWriter WriteByte(byte value)
    {
        Grow(1)[0] = value;
        return this;
    }

    public SshWriter WriteBoolean(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    public SshWriter WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Grow(4), value);
        return this;
    }

    public SshWriter WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Grow(8), value);
        return this;
    }

    /// <summary>Bytes without a length.</summary>
    public SshWriter WriteBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Grow(bytes.Length));
        return this;
    }

    public SshWriter WriteString(ReadOnlySpan<byte> bytes) => WriteUInt32((uint)bytes.Length).WriteBytes(bytes);

    public SshWriter WriteString(string text) => WriteString(Encoding.UTF8.GetBytes(text));

    public SshWriter WriteNameList(IEnumerable<string> names) => WriteString(string.Join(',', names));

    /// <summary>A non-negative number, given as big-endian bytes with any number of leading zeros.</summary>
    public SshWriter WritePositiveMpint(ReadOnlySpan<byte> bigEndian)
    {
        ReadOnlySpan<byte> value = bigEndian.TrimStart((byte)0);
        bool needsSignByte = !value.IsEmpty && (value[0] & 0x80) != 0;
        WriteUInt32((uint)value.Length + (needsSignByte ? 1u : 0u));
        if (needsSignByte)
        {
            WriteByte(0);
        }
        return WriteBytes(value);
    }

    private Span<byte> Grow(int count)
    {
        if (_buffer.Length - _length < count)
        {
            byte[] larger = new byte[Math.Max(_buffer.Length * 2, _length + count)];
            Written.CopyTo(larger);
            // It may hold a secret.
            CryptographicOperations.ZeroMemory(_buffer);
            _buffer = larger;
        }
        Span<byte> room = _buffer.AsSpan(_length, count);
        _length += count;
        return room;
    }
}
