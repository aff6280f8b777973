using System.Buffers.Binary;

namespace SshGateway.Ssh.Wire;

/// <summary>
/// Reads the data types of RFC 4251 section 5 from a received message. Nothing is copied:
/// the spans point into the message. Every read is bounded by what is left of it.
/// </summary>
/// <exception cref="SshFormatException">A read runs past the end, or <see cref="End"/> finds bytes left.</exception>
internal ref struct SshReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _rest.Length;

    public byte ReadByte() => Take(1)[0];

    /// <summary>RFC 4251: zero is false, every other value is true.</summary>
    public bool ReadBoolean() => ReadByte() != 0;

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    /// <summary>A string: uint32 length, then that many bytes.</summary>
    public ReadOnlySpan<byte> ReadString()
    {
        uint length = ReadUInt32();
        if (length > (uint)_rest.Length)
        {
            throw new SshFormatException($"a string of {length} bytes in a message with {_rest.Length} left");
        }
        return Take((int)length);
    }

    /// <summary>A non-negative mpint without its sign byte, so that its length is the number's size.</summary>
    public ReadOnlySpan<byte> ReadPositiveMpint()
    {
        ReadOnlySpan<byte> value = ReadString();
        if (value.IsEmpty)
        {
            return value;
        }
        if ((value[0] & 0x80) != 0)
        {
            throw new SshFormatException("a negative mpint where RFC 4251 allows only a positive one");
        }
        if (value[0] == 0)
        {
            if (value.Length == 1 || (value[1] & 0x80) == 0)
            {
                throw new SshFormatException("an mpint with unnecessary leading zero bytes");
            }
            return value[1..];
        }
        return value;
    }

    public ReadOnlySpan<byte> ReadBytes(int count) => Take(count);

    /// <summary>Everything that is left.</summary>
    public ReadOnlySpan<byte> ReadRest() => Take(_rest.Length);

    /// <summary>Demands that nothing is left.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw new SshFormatException($"{_rest.Length} unexpected bytes at the end of a message");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new SshFormatException($"the message ends {count - _rest.Length} bytes too early");
        }
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
