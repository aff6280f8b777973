using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SshGateway.Proxy.Sockets.Native;

/// <summary>The system calls that .NET has no class for. Linux.</summary>
internal static partial class LibC
{
    // <asm-generic/errno-base.h>, <asm-generic/errno.h>
    private const int Eintr = 4;
    private const int Eagain = 11;
    private const int Einval = 22;
    private const int Enosys = 38;

    // <asm-generic/fcntl.h>: O_NONBLOCK | O_CLOEXEC
    private const int PipeFlags = 0x800 | 0x80000;

    // <linux/fcntl.h>
    private const int SetPipeSize = 1031;

    // <linux/splice.h>: SPLICE_F_MOVE | SPLICE_F_NONBLOCK
    private const uint SpliceFlags = 1 | 2;

    /// <summary>A pipe whose ends do not block; false: there is none to be had.</summary>
    public static bool TryCreatePipe(int size, out SafeFileHandle readEnd, out SafeFileHandle writeEnd)
    {
        Span<int> ends = stackalloc int[2];
        bool created = Pipe2(ref ends[0], PipeFlags) == 0;
        readEnd = new SafeFileHandle(created ? ends[0] : -1, ownsHandle: true);
        writeEnd = new SafeFileHandle(created ? ends[1] : -1, ownsHandle: true);
        // Beyond what a user's pipes may have together it stays as small as it was made, which will do.
        return created && SetFlag(writeEnd, SetPipeSize, size) != int.MinValue;
    }

    /// <summary>Moves up to so many bytes; see <see cref="SpliceResult"/> for what is not a count.</summary>
    public static int Splice(SafeHandle from, SafeHandle to, int count)
    {
        while (true)
        {
            nint moved = Splice(from, 0, to, 0, (nuint)count, SpliceFlags);
            if (moved >= 0)
            {
                return (int)moved;
            }
            switch (Marshal.GetLastPInvokeError())
            {
                case Eintr:
                    continue;
                case Eagain:
                    return SpliceResult.WouldBlock;
                case Einval or Enosys:
                    return SpliceResult.Unsupported;
                default:
                    return SpliceResult.Broken;
            }
        }
    }

    /// <summary>Reads what a pipe holds.</summary>
    public static int Read(SafeFileHandle pipe, Span<byte> buffer) => (int)Read(pipe, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static partial int Pipe2(ref int ends, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int SetFlag(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "splice", SetLastError = true)]
    private static partial nint Splice(SafeHandle from, nint fromOffset, SafeHandle to, nint toOffset, nuint count, uint flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, ref byte buffer, nuint count);
}
