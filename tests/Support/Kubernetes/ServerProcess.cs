using System.Diagnostics;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Support.Kubernetes;

/// <summary>A server of ours, and the end of what it wrote.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int KeptLines = 40;

    private readonly Process _process;
    private readonly Queue<string> _lines = [];

    public ServerProcess(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    public string LastLines
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Stops it where it is, without its noticing.</summary>
    public Task PauseAsync() => Command.OutputAsync("/bin/kill", "-STOP", $"{_process.Id}");

    public Task ResumeAsync() => Command.OutputAsync("/bin/kill", "-CONT", $"{_process.Id}");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_lines)
        {
            _lines.Enqueue(line ?? "");
            if (_lines.Count > KeptLines)
            {
                _lines.Dequeue();
            }
        }
    }
}
