using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SshGateway.Tests.Support.Harness;

/// <summary>A pseudo terminal, seen from its master.</summary>
internal sealed partial class Terminal : IDisposable
{
    private const int ReadWriteWithoutControl = 0x102; // O_RDWR | O_NOCTTY
    private const nuint SetWindowSize = 0x5414;        // TIOCSWINSZ
    private const nuint GetNumber = 0x80045430;        // TIOCGPTN

    private Terminal(SafeFileHandle handle, string device)
    {
        Handle = handle;
        Device = device;
    }

    public SafeFileHandle Handle { get; }

    /// <summary>The slave, as a path.</summary>
    public string Device { get; }

    public static Terminal Open()
    {
        SafeFileHandle handle = new(Check(OpenTerminal(ReadWriteWithoutControl)), ownsHandle: true);
        Check(Grant(handle));
        Check(Unlock(handle));
        Check(ReadNumber(handle, GetNumber, out int number));
        return new Terminal(handle, string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}"));
    }

    public void Resize(ushort rows, ushort columns)
    {
        ReadOnlySpan<ushort> size = [rows, columns, 0, 0];
        Check(WriteSize(Handle, SetWindowSize, MemoryMarshal.AsBytes(size).ToArray()));
    }

    /// <summary>
    /// A program of which this is the controlling terminal (setsid --ctty): SIGWINCH goes to its foreground group.
    /// </summary>
    public ProcessStartInfo Run(params string[] command) =>
        new("bash", ["-c", $"exec setsid --ctty \"$@\" <>{Device} >&0 2>&1", "bash", .. command]);

    public void Dispose() => Handle.Dispose();

    private static int Check(int result) =>
        result >= 0 ? result : throw new IOException($"errno {Marshal.GetLastPInvokeError()} from the terminal.");

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int OpenTerminal(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static partial int Grant(SafeFileHandle terminal);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int Unlock(SafeFileHandle terminal);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int ReadNumber(SafeFileHandle terminal, nuint request, out int number);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int WriteSize(SafeFileHandle terminal, nuint request, byte[] size);
}
