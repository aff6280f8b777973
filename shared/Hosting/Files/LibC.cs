using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SshGateway.Hosting.Files;

/// <summary>The system calls for files that .NET has no class for, of 64-bit Linux.</summary>
internal static partial class LibC
{
    // <asm-generic/errno-base.h>
    public const int NoSuchFile = 2;
    public const int NoAccess = 13;

    /// <summary>ENXIO: nobody reads from a FIFO.</summary>
    public const int NoReader = 6;

    // <asm-generic/fcntl.h>: O_NOCTTY | O_NONBLOCK | O_CLOEXEC, and O_RDONLY is 0. A FIFO that nobody writes to is
    // opened at once.
    private const int ReadWithoutWaiting = 0x100 | 0x800 | 0x80000;
    private const int WriteOnly = 1;

    // <linux/fcntl.h>
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;

    // <linux/stat.h>: STATX_BASIC_STATS. The structure has the same layout on every architecture, unlike that of stat.
    private const uint BasicStatus = 0x7ff;
    private const int StatusSize = 256;

    /// <returns>-1 with errno: it cannot be opened.</returns>
    public static int Open(string path) => Open(path, ReadWithoutWaiting);

    /// <returns>-1 with errno: it cannot be opened.</returns>
    public static int OpenToWrite(string path) => Open(path, WriteOnly | ReadWithoutWaiting);

    public static bool TryStat(string path, out FileStatus status) => TryStat(CurrentDirectory, path, 0, out status);

    public static bool TryStat(SafeFileHandle file, out FileStatus status) => TryStat((int)file.DangerousGetHandle(), "", EmptyPath, out status);

    private static bool TryStat(int directory, string path, int flags, out FileStatus status)
    {
        Span<byte> buffer = stackalloc byte[StatusSize];
        if (Statx(directory, path, flags, BasicStatus, ref MemoryMarshal.GetReference(buffer)) != 0)
        {
            status = default;
            return false;
        }
        ushort mode = MemoryMarshal.Read<ushort>(buffer[28..]);
        ulong inode = MemoryMarshal.Read<ulong>(buffer[32..]);
        ulong size = MemoryMarshal.Read<ulong>(buffer[40..]);
        long modified = (MemoryMarshal.Read<long>(buffer[112..]) * 1_000_000_000) + MemoryMarshal.Read<uint>(buffer[120..]);
        // Major and minor number.
        ulong device = ((ulong)MemoryMarshal.Read<uint>(buffer[136..]) << 32) | MemoryMarshal.Read<uint>(buffer[140..]);
        status = new FileStatus(mode, new FileIdentity(device, inode, size, modified));
        return true;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int directory, string path, int flags, uint mask, ref byte buffer);
}

/// <summary>What the kernel says of a file.</summary>
internal readonly record struct FileStatus(ushort Mode, FileIdentity Identity)
{
    // <linux/stat.h>
    private const ushort TypeMask = 0xF000;
    private const ushort Regular = 0x8000;

    public bool IsRegular => (Mode & TypeMask) == Regular;
}
