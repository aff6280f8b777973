using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SshGateway.Tests.Support.Harness;

/// <summary>A terminal with ssh in it: what is typed, what is shown, and a window that changes its size.</summary>
internal sealed partial class Pty : IAsyncDisposable
{
    private const int ReadWriteWithoutControl = 0x102; // O_RDWR | O_NOCTTY
    private const nuint SetWindowSize = 0x5414;        // TIOCSWINSZ
    private readonly SafeFileHandle _terminal;
    private readonly FileStream _stream;
    private readonly Process _process;
    private readonly StringBuilder _screen = new();

    private Pty(SafeFileHandle terminal, Process process)
    {
        _terminal = terminal;
        _stream = new FileStream(terminal, FileAccess.ReadWrite, bufferSize: 0);
        _process = process;
        _ = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public string Screen
    {
        get
        {
            lock (_screen)
            {
                return _screen.ToString();
            }
        }
    }

    public static Pty Start(ushort rows, ushort columns, string commandLine)
    {
        SafeFileHandle terminal = new(Check(OpenTerminal(ReadWriteWithoutControl)), ownsHandle: true);
        Check(Grant(terminal));
        Check(Unlock(terminal));
        Check(ReadNumber(terminal, 0x80045430, out int number)); // TIOCGPTN
        Resize(terminal, rows, columns);
        string line = string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}");
        // setsid --ctty makes the line ssh's controlling terminal: SIGWINCH goes to its foreground group.
        ProcessStartInfo start = new("bash", ["-c", $"exec setsid --ctty {commandLine} <>{line} >&0 2>&1"])
        {
            Environment = { ["TERM"] = "xterm", ["SSH_AUTH_SOCK"] = null },
        };
        return new Pty(terminal, StartedProcesses.Start(start));
    }

    public void Type(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));

    public void Resize(ushort rows, ushort columns) => Resize(_terminal, rows, columns);

    public Task WaitForAsync(string text) => Eventually.TrueAsync(
        () => Screen.Contains(text, StringComparison.Ordinal),
        TimeSpan.FromSeconds(15),
        () => $"the terminal did not show \"{text}\":\n{Screen}");

    public async Task<int> WaitForExitAsync()
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(15));
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await StartedProcesses.EndAsync(_process);
        _process.Dispose();
        await _stream.DisposeAsync();
    }

    private static void Resize(SafeFileHandle terminal, ushort rows, ushort columns)
    {
        ReadOnlySpan<ushort> size = [rows, columns, 0, 0];
        Check(WriteSize(terminal, SetWindowSize, MemoryMarshal.AsBytes(size).ToArray()));
    }

    private void Read()
    {
        byte[] buffer = new byte[4096];
        try
        {
            for (int read = _stream.Read(buffer); read > 0; read = _stream.Read(buffer))
            {
                lock (_screen)
                {
                    _screen.Append(Encoding.UTF8.GetString(buffer, 0, read));
                }
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            // EIO: the last process left the terminal.
        }
    }

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
