using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SshGateway.Ssh.Sockets.Native;

/// <summary>
/// The system calls that .NET has no class for, of 64-bit Linux. Those that are named as there return -1 and leave
/// errno on failure; who gives them a bare descriptor sees to it that it is not closed meanwhile.
/// </summary>
internal static unsafe partial class LibC
{
    // <asm-generic/errno-base.h>, <asm-generic/errno.h>
    public const int Again = 11;
    public const int ConnectionReset = 104;
    public const int InProgress = 115;
    private const int Interrupted = 4;
    private const int InvalidArgument = 22;
    private const int NotImplemented = 38;
    private const int ConnectionAborted = 103;

    // <asm-generic/fcntl.h>, <linux/fcntl.h>. O_NONBLOCK and O_CLOEXEC have the same values for pipes, epoll and
    // eventfd.
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    private const int SetPipeSize = 1031;

    // <linux/eventpoll.h>
    public const int AddToEpoll = 1;
    public const uint Readable = 0x1;
    public const uint Writable = 0x4;
    public const uint Error = 0x8;
    public const uint HangUp = 0x10;
    public const uint PeerHangUp = 0x2000;
    public const uint EdgeTriggered = 1u << 31;

    // <sys/socket.h>, <asm-generic/socket.h>, <netinet/in.h>
    public const int Peek = 0x2;
    public const int ShutdownWrites = 1;
    public const int ShutdownBoth = 2;
    public const int SocketLevel = 1;
    public const int SocketError = 4;
    public const int TcpLevel = 6;
    private const int Inet = 2;
    private const int Inet6 = 10;
    private const int Stream = 1;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;

    // <linux/sockios.h>: SIOCOUTQ
    private const nuint OutputQueue = 0x5411;

    // <linux/splice.h>: SPLICE_F_MOVE | SPLICE_F_NONBLOCK
    private const uint SpliceFlags = 1 | 2;

    /// <summary>Raises RLIMIT_NOFILE of this process to what it may have, and returns it.</summary>
    /// <remarks>CoreCLR does so when it starts. A program that was compiled to machine code does not.</remarks>
    public static long RaiseDescriptorLimit()
    {
        // <asm-generic/resource.h>; each of soft and hard limit is 64 bits long.
        const int Files = 7;
        ulong* limits = stackalloc ulong[2];
        if (getrlimit(Files, limits) != 0)
        {
            return int.MaxValue;
        }
        ulong granted = limits[0];
        limits[0] = limits[1];
        if (setrlimit(Files, limits) == 0)
        {
            granted = limits[1];
        }
        return (long)Math.Min(granted, int.MaxValue);
    }

    /// <summary>A pipe whose ends do not block; false: there is none to be had.</summary>
    public static bool TryCreatePipe(int size, out SafeFileHandle readEnd, out SafeFileHandle writeEnd)
    {
        int* ends = stackalloc int[2];
        bool created = pipe2(ends, NonBlocking | CloseOnExec) == 0;
        readEnd = new SafeFileHandle(created ? ends[0] : -1, ownsHandle: true);
        writeEnd = new SafeFileHandle(created ? ends[1] : -1, ownsHandle: true);
        // Beyond what a user's pipes may have together it stays as small as it was made, which will do.
        _ = created ? fcntl(ends[1], SetPipeSize, size) : 0;
        return created;
    }

    /// <summary>Moves up to so many bytes; see <see cref="SpliceResult"/> for what is not a count.</summary>
    public static int Splice(SafeHandle from, SafeHandle to, int count)
    {
        while (true)
        {
            nint moved = splice(from, 0, to, 0, (nuint)count, SpliceFlags);
            if (moved >= 0)
            {
                return (int)moved;
            }
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    continue;
                case Again:
                    return SpliceResult.WouldBlock;
                case InvalidArgument or NotImplemented:
                    return SpliceResult.Unsupported;
                default:
                    return SpliceResult.Broken;
            }
        }
    }

    /// <summary>A count, or the negative of errno; without waiting.</summary>
    public static int Receive(int descriptor, Span<byte> buffer, int flags)
    {
        fixed (byte* pointer = buffer)
        {
            nint count;
            do
            {
                count = recv(descriptor, pointer, buffer.Length, flags | DontWait);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            return count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
        }
    }

    /// <inheritdoc cref="Receive"/>
    public static int Send(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* pointer = bytes)
        {
            nint count;
            do
            {
                count = send(descriptor, pointer, bytes.Length, DontWait | NoSignal);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            return count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Accepts a connection, without waiting.</summary>
    /// <param name="descriptor">A socket that listens.</param>
    /// <param name="address">Room for <see cref="SocketAddresses.MaxSize"/> bytes: struct sockaddr of the peer.</param>
    /// <returns>The descriptor of the connection, or the negative of errno.</returns>
    public static int Accept(int descriptor, Span<byte> address)
    {
        while (true)
        {
            int length = address.Length;
            int accepted;
            fixed (byte* pointer = address)
            {
                accepted = accept4(descriptor, pointer, &length, NonBlocking | CloseOnExec);
            }
            if (accepted >= 0)
            {
                return accepted;
            }
            int error = Marshal.GetLastPInvokeError();
            // One that has ended already says nothing of the next (accept(2)).
            if (error is not (Interrupted or ConnectionAborted))
            {
                return -error;
            }
        }
    }

    /// <returns>The descriptor of a socket that does not block, or the negative of errno.</returns>
    public static int CreateTcpSocket(bool isIPv6)
    {
        int descriptor = socket(isIPv6 ? Inet6 : Inet, Stream | NonBlocking | CloseOnExec, TcpLevel);
        return descriptor >= 0 ? descriptor : -Marshal.GetLastPInvokeError();
    }

    /// <returns>0, or errno.</returns>
    public static int SetOption(SafeHandle socket, int level, int option, int value) =>
        setsockopt(socket, level, option, &value, sizeof(int)) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <inheritdoc cref="SetOption"/>
    public static int GetOption(SafeHandle socket, int level, int option, out int value)
    {
        int found = 0;
        int length = sizeof(int);
        int result = getsockopt(socket, level, option, &found, &length);
        value = found;
        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <param name="descriptor">A socket.</param>
    /// <param name="address">struct sockaddr.</param>
    /// <returns>0, or the negative of errno.</returns>
    public static int Connect(int descriptor, ReadOnlySpan<byte> address)
    {
        fixed (byte* pointer = address)
        {
            return connect(descriptor, pointer, address.Length) == 0 ? 0 : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Unacknowledged bytes written to a TCP connection (tcp(7), SIOCOUTQ); negative: it has ended.</summary>
    public static int Unacknowledged(int descriptor)
    {
        int count;
        return ioctl(descriptor, OutputQueue, &count) == 0 ? count : -1;
    }

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* epollEvent);

    [LibraryImport("libc")]
    public static partial int sched_yield();

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_wait(int epoll, byte* events, int capacity, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int descriptor, void* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int descriptor, void* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int shutdown(int descriptor, int how);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int operation, int argument);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, int* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int descriptor, byte* buffer, nint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int descriptor, byte* buffer, nint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int descriptor, byte* address, int* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(SafeHandle socket, int level, int option, int* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(SafeHandle socket, int level, int option, int* value, int* length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int descriptor, byte* address, int length);

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ulong* limits);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, ulong* limits);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint splice(SafeHandle from, nint fromOffset, SafeHandle to, nint toOffset, nuint count, uint flags);
}
