using System.Runtime.CompilerServices;
using System.Text;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Transport;

/// <summary>
/// The inbound half of a leg: bytes from the socket to packets (RFC 4253 section 6). Used by one task at a time.
/// It owns its buffer, which it holds only while bytes are in it, and the opener.
/// </summary>
internal sealed class PacketInput(IPeerSocket socket) : IDisposable
{
    // padding_length, one byte of payload, the least padding.
    private const int MinBody = 1 + 1 + PacketGeometry.MinPadding;

    private const int Unknown = -1;

    private BufferPool _pool = BufferPool.Small;
    private int _largestPacket = BufferPool.MaxPacketBeforeAuthentication;
    private IPacketOpener _opener = new PlainOpener();
    private byte[]? _buffer;
    private BufferPool _bufferPool = BufferPool.Small;
    private int _start;
    private int _end;
    private int _bodyLength = Unknown;
    private uint _sequence;

    /// <summary>Bytes received on the wire, all told.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Bytes received under the present keys.</summary>
    public long BytesUnderKeys { get; private set; }

    /// <summary>Packets received under the present keys.</summary>
    public long PacketsUnderKeys { get; private set; }

    /// <summary>Takes bytes that were read before there was a leg. Before anything else is done with this.</summary>
    public void Begin(ReadOnlySpan<byte> unread)
    {
        if (unread.IsEmpty)
        {
            return;
        }
        _buffer = _bufferPool.Rent();
        unread.CopyTo(_buffer);
        _end = unread.Length;
        TotalBytes = unread.Length;
    }

    /// <summary>
    /// Reads once from the socket. False: the peer closed. Waits without a buffer when none of its bytes are left.
    /// Packets that were read before are no longer valid.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FillAsync()
    {
        if (_start == _end)
        {
            ReturnBuffer();
            if (!await socket.WaitReadableAsync().ConfigureAwait(false))
            {
                throw PeerGoneException.Aborted();
            }
            _bufferPool = _pool;
            _buffer = _bufferPool.Rent();
        }
        else
        {
            MakeRoom();
        }
        int count = await socket.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
        if (count == 0)
        {
            return false;
        }
        _end += count;
        TotalBytes += count;
        return true;
    }

    /// <summary>Takes the next packet out of what has been read; false: there is no complete one.</summary>
    /// <exception cref="SshProtocolException">Length, padding or MAC are wrong.</exception>
    public bool TryRead(out InboundPacket packet)
    {
        packet = default;
        int available = _end - _start;
        if (_bodyLength == Unknown)
        {
            if (available < _opener.HeaderSize)
            {
                return false;
            }
            _bodyLength = CheckLength(_opener.ReadLength(_buffer.AsSpan(_start, _opener.HeaderSize), _sequence));
        }
        int size = 4 + _bodyLength + _opener.Geometry.TagSize;
        if (available < size)
        {
            return false;
        }
        if (!_opener.Open(_buffer.AsSpan(_start, size), _sequence))
        {
            throw new SshProtocolException(DisconnectReason.MacError, "a packet's authentication code is wrong");
        }
        int bodyStart = _start + 4;
        int padding = _buffer![bodyStart];
        int payloadLength = _bodyLength - 1 - padding;
        if (padding < PacketGeometry.MinPadding || payloadLength < 1)
        {
            throw new SshProtocolException("a packet's padding_length is out of range");
        }
        packet = new InboundPacket(_buffer, bodyStart, _bodyLength, payloadLength, _sequence);
        _start += size;
        _bodyLength = Unknown;
        _sequence++;
        PacketsUnderKeys++;
        BytesUnderKeys += size;
        return true;
    }

    /// <summary>Takes a line of the identification exchange, without its line end; null: none is complete.</summary>
    /// <param name="maxLength">Of the line with its end.</param>
    /// <exception cref="SshProtocolException">The line is longer.</exception>
    public string? TryReadLine(int maxLength)
    {
        Span<byte> unread = _buffer.AsSpan(_start, _end - _start);
        int lineFeed = unread.IndexOf((byte)'\n');
        if ((lineFeed < 0 ? unread.Length : lineFeed + 1) > maxLength)
        {
            throw new SshProtocolException($"an identification line of more than {maxLength} bytes");
        }
        if (lineFeed < 0)
        {
            return null;
        }
        _start += lineFeed + 1;
        return Encoding.Latin1.GetString(unread[..lineFeed].TrimEnd((byte)'\r'));
    }

    /// <summary>From the next packet on the peer uses these keys: it sent NEWKEYS.</summary>
    /// <param name="opener">The new keys. The input owns it.</param>
    /// <param name="resetSequence">Strict key exchange: the sequence number starts again.</param>
    public void Rekey(IPacketOpener opener, bool resetSequence)
    {
        _opener.Dispose();
        _opener = opener;
        PacketsUnderKeys = 0;
        BytesUnderKeys = 0;
        if (resetSequence)
        {
            _sequence = 0;
        }
    }

    /// <summary>The peer is authenticated: large packets and large reads from now on.</summary>
    public void AllowLargePackets()
    {
        _pool = BufferPool.Large;
        _largestPacket = BufferPool.MaxPacket;
        // What is left in the small buffer may be the start of a large packet.
        if (_buffer is not null)
        {
            byte[] larger = _pool.Rent();
            _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
            (_start, _end) = (0, _end - _start);
            _bufferPool.Return(_buffer);
            _buffer = larger;
            _bufferPool = _pool;
        }
    }

    /// <summary>Frees keys and buffer. Only when no read is under way.</summary>
    public void Dispose()
    {
        _opener.Dispose();
        ReturnBuffer();
    }

    private int CheckLength(uint length)
    {
        if (length > _largestPacket || length < MinBody || !_opener.Geometry.Fits((int)length))
        {
            throw new SshProtocolException("a packet_length is out of range");
        }
        return (int)length;
    }

    // The largest packet always fits into an empty buffer, so moving the rest to the front always makes room for it.
    private void MakeRoom()
    {
        if (_start == 0)
        {
            return;
        }
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
    }

    private void ReturnBuffer()
    {
        if (_buffer is not null)
        {
            _bufferPool.Return(_buffer);
            _buffer = null;
        }
        _start = _end = 0;
    }
}
