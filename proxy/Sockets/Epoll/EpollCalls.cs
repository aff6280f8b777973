using System.Runtime.InteropServices;

namespace SshGateway.Proxy.Sockets.Epoll;

/// <summary>
/// The system calls of the event loop, for 64-bit Linux. All of them return -1 and leave errno on failure. Callers see to it that a descriptor is not closed
/// while it is used here.
/// </summary>
internal static unsafe partial class EpollCalls
{
    private const string Library = "libc";

    // errno
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int InProgress = 115;

    // sys/epoll.h
    public const int CloseOnExec = 0x80000;
    public const int Add = 1;
    public const int Delete = 2;
    public const uint Readable = 0x1;
    public const uint Writable = 0x4;
    public const uint Error = 0x8;
    public const uint HangUp = 0x10;
    public const uint PeerHangUp = 0x2000;
    public const uint EdgeTriggered = 1u << 31;

    // fcntl.h
    public const int SetStatusFlags = 4;

    // sys/eventfd.h, sys/socket.h
    public const int NonBlocking = 0x800;
    public const int Peek = 0x2;
    public const int DontWait = 0x40;
    public const int NoSignal = 0x4000;
    public const int ShutdownBoth = 2;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* epollEvent);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_wait(int epoll, byte* events, int capacity, int timeout);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(int descriptor, void* buffer, nint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(int descriptor, void* buffer, nint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint recv(int descriptor, byte* buffer, nint count, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint send(int descriptor, byte* buffer, nint count, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(int descriptor, int operation, int argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int connect(int descriptor, byte* address, int length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int shutdown(int descriptor, int how);
}
