using System.Diagnostics;
using System.Text;

namespace SshGateway.Tests.Support.Harness;

/// <summary>A program in the background whose output is captured line by line.</summary>
internal sealed class Daemon : IAsyncDisposable
{
    private static readonly TimeSpan LastWordsDeadline = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly ManualResetEventSlim _listening = new(initialState: true);
    private int _openStreams = 2;

    private Daemon(string name, Process process)
    {
        Name = name;
        _process = process;
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    public int Id => _process.Id;

    /// <summary>
    /// It has ended, and all that it wrote is in <see cref="Output"/>; unless a child of its own keeps its streams
    /// open.
    /// </summary>
    public bool HasExited => _process.HasExited && (Volatile.Read(ref _openStreams) == 0 || DateTime.Now - _process.ExitTime > LastWordsDeadline);

    public int ExitCode => _process.ExitCode;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static Daemon Start(
        string name,
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["SSH_AUTH_SOCK"] = null, ["LC_ALL"] = "C.UTF-8" },
        };
        foreach ((string key, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        return new Daemon(name, StartedProcesses.Start(start));
    }

    /// <summary>Waits until a line of the output contains the text; the rest of that line is the answer.</summary>
    public async Task<string> WaitForLineAsync(string text, TimeSpan? deadline = null)
    {
        string? rest = null;
        await Eventually.TrueAsync(
            () =>
            {
                bool ended = HasExited;
                rest = Find(text);
                Assert.True(rest is not null || !ended, $"{Name} ended before it printed \"{text}\".\n{Output}");
                return rest is not null;
            },
            deadline ?? TimeSpan.FromSeconds(20),
            () => $"{Name} did not print \"{text}\".\n{Output}");
        return rest!;
    }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    /// <summary>Processor time spent so far, user and system.</summary>
    public TimeSpan ProcessorTime()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    /// <summary>SIGKILL: nothing is said to the peers.</summary>
    public Task KillAsync() => StartedProcesses.EndAsync(_process);

    /// <summary>SIGTERM: it is asked to end.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <param name="name">Such as HUP.</param>
    public Task SignalAsync(string name) => Command.OutputAsync("/bin/kill", $"-{name}", $"{Id}");

    /// <summary>SIGSTOP: it is there, and does nothing.</summary>
    public Task PauseAsync() => Command.OutputAsync("/bin/kill", "-STOP", $"{Id}");

    public Task ResumeAsync() => Command.OutputAsync("/bin/kill", "-CONT", $"{Id}");

    /// <summary>Its output is not read any more.</summary>
    public void StopListening() => _listening.Reset();

    public async ValueTask DisposeAsync()
    {
        _listening.Set();
        await KillAsync();
        _process.Dispose();
    }

    private string? Find(string text)
    {
        foreach (string line in Output.Split('\n'))
        {
            int start = line.IndexOf(text, StringComparison.Ordinal);
            if (start >= 0)
            {
                return line[(start + text.Length)..].Trim();
            }
        }

        return null;
    }

    private void Append(string? line)
    {
        _listening.Wait();
        if (line is null)
        {
            Interlocked.Decrement(ref _openStreams);
            return;
        }
        lock (_output)
        {
            _output.Append(line).Append('\n');
        }
    }
}
