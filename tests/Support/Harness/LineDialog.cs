using System.Diagnostics;
using System.Text;

namespace SshGateway.Tests.Support.Harness;

/// <summary>An open session with a command such as cat: write a line, read lines, hold it open meanwhile.</summary>
internal sealed class LineDialog : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);
    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private LineDialog(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
    }

    public static LineDialog Start(SshClient client, string sessionId, string command, params string[] flags)
    {
        ProcessStartInfo start = new("ssh", [.. client.Arguments(sessionId), .. flags, SshClient.Host, command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["SSH_AUTH_SOCK"] = null, ["LC_ALL"] = "C.UTF-8" },
        };
        return new LineDialog(StartedProcesses.Start(start));
    }

    /// <summary>Sends a line to a command that echoes lines, and waits for the echo.</summary>
    public async Task<string> EchoAsync(string line)
    {
        await _process.StandardInput.WriteAsync(line + "\n");
        await _process.StandardInput.FlushAsync();
        return await ReceiveAsync();
    }

    /// <summary>The next line of the output; fails with ssh's stderr when it ends or stays silent.</summary>
    public async Task<string> ReceiveAsync()
    {
        string? line = null;
        using CancellationTokenSource timeout = new(Deadline);
        try
        {
            line = await _process.StandardOutput.ReadLineAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The session stayed silent for {Deadline.TotalSeconds} s.\n{Errors()}");
        }

        Assert.True(line is not null, $"The session ended.\n{Errors()}");
        return line;
    }

    /// <summary>Closes stdin, which ends the command, and returns ssh's exit status.</summary>
    public async Task<int> FinishAsync()
    {
        _process.StandardInput.Close();
        using CancellationTokenSource timeout = new(Deadline);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    /// <summary>SIGKILL to ssh: the gateway's side learns of it from TCP only.</summary>
    public Task KillAsync() => StartedProcesses.EndAsync(_process);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private string Errors()
    {
        lock (_errors)
        {
            return _errors.ToString();
        }
    }
}
