using System.Diagnostics;
using System.Text;

namespace SshGateway.Tests.Support.Harness;

/// <summary>A terminal with ssh in it: what is typed, what is shown, and a window that changes its size.</summary>
internal sealed class Pty : IAsyncDisposable
{
    private readonly Terminal _terminal;
    private readonly FileStream _stream;
    private readonly Process _process;
    private readonly StringBuilder _screen = new();

    private Pty(Terminal terminal, Process process)
    {
        _terminal = terminal;
        _stream = new FileStream(terminal.Handle, FileAccess.ReadWrite, bufferSize: 0);
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
        var terminal = Terminal.Open();
        terminal.Resize(rows, columns);
        ProcessStartInfo start = terminal.Run("bash", "-c", $"exec {commandLine}");
        start.Environment["TERM"] = "xterm";
        start.Environment["SSH_AUTH_SOCK"] = null;
        return new Pty(terminal, StartedProcesses.Start(start));
    }

    public void Type(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));

    public void Resize(ushort rows, ushort columns) => _terminal.Resize(rows, columns);

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
}
