using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>
/// An array of struct epoll_event. On x86-64 the kernel packs it: uint32 events, uint64 data, 12 bytes; elsewhere the
/// data is aligned, 16 bytes.
/// </summary>
internal sealed unsafe class EventBuffer(int capacity)
{
    /// <summary>Bytes of one, at most.</summary>
    public const int MaxSize = 16;

    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int Size = DataOffset + sizeof(ulong);

    private readonly byte[] _events = GC.AllocateArray<byte>(capacity * Size, pinned: true);

    public int Capacity => capacity;

    public byte* Pointer => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_events));

    public uint EventsAt(int index) => Unsafe.ReadUnaligned<uint>(ref _events[index * Size]);

    public ulong DataAt(int index) => Unsafe.ReadUnaligned<ulong>(ref _events[(index * Size) + DataOffset]);

    /// <summary>One of them.</summary>
    /// <param name="place">Has room for <see cref="MaxSize"/> bytes.</param>
    /// <param name="events">EPOLLIN and so on.</param>
    /// <param name="data">What its events bear.</param>
    public static void Write(byte* place, uint events, ulong data)
    {
        Unsafe.WriteUnaligned(place, events);
        Unsafe.WriteUnaligned(place + DataOffset, data);
    }
}
