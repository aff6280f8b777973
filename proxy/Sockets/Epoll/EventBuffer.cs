using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SshGateway.Proxy.Sockets.Epoll;

/// <summary>
/// An array of struct epoll_event. On x86-64 the kernel packs it: uint32 events, uint64 data, 12 bytes; elsewhere the data is aligned, 16 bytes.
/// </summary>
internal sealed unsafe class EventBuffer(int capacity)
{
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int Size = DataOffset + sizeof(ulong);

    private readonly byte[] _events = GC.AllocateArray<byte>(capacity * Size, pinned: true);

    public int Capacity => capacity;

    public byte* Pointer => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_events));

    public uint EventsAt(int index) => Unsafe.ReadUnaligned<uint>(ref _events[index * Size]);

    public ulong DataAt(int index) => Unsafe.ReadUnaligned<ulong>(ref _events[(index * Size) + DataOffset]);

    public void SetFirst(uint events, ulong data)
    {
        Unsafe.WriteUnaligned(ref _events[0], events);
        Unsafe.WriteUnaligned(ref _events[DataOffset], data);
    }
}
