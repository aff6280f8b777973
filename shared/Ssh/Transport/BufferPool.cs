using System.Collections.Concurrent;

namespace SshGateway.Ssh.Transport;

/// <summary>
/// Buffers of one size. Rented when bytes are there to be moved, returned when none are left, so that an idle
/// connection holds none. Pinned, so that native calls need not pin and the collector need not move them.
/// </summary>
internal sealed class BufferPool(int size, int retained)
{
    /// <summary>The largest packet_length that is accepted: OpenSSH's PACKET_MAX_SIZE.</summary>
    public const int MaxPacket = 256 * 1024;

    /// <summary>The largest packet_length before authentication. RFC 4253 section 6.1 asks for 35,000 bytes.</summary>
    public const int MaxPacketBeforeAuthentication = 35_000;

    // packet_length, the longest MAC, what a relayed packet may grow by when its new leg pads differently, and the room
    // that an output keeps for its own key exchange.
    private const int Overhead = 12 * 1024;

    /// <summary>For connections that are not authenticated.</summary>
    public static readonly BufferPool Small = new(MaxPacketBeforeAuthentication + Overhead, retained: 256);

    /// <summary>For relaying: large reads are what makes a relay cheap.</summary>
    public static readonly BufferPool Large = new(MaxPacket + Overhead, retained: 64);

    private readonly ConcurrentQueue<byte[]> _free = new();

    public byte[] Rent() => _free.TryDequeue(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(size, pinned: true);

    public void Return(byte[] buffer)
    {
        if (_free.Count < retained)
        {
            _free.Enqueue(buffer);
        }
    }
}
