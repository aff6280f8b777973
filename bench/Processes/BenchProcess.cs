using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace SshGateway.Bench.Processes;

/// <summary>A program that is measured from outside, by /proc. Killed when disposed.</summary>
internal sealed class BenchProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    // sysconf(_SC_CLK_TCK) on Linux.
    private const double TicksPerSecond = 100;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly string _name;

    private BenchProcess(string name, Process process)
    {
        (_name, _process) = (name, process);
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>User and system time so far.</summary>
    public double CpuSeconds
    {
        get
        {
            // proc(5): utime and stime are fields 14 and 15; the second one, in brackets, may contain spaces.
            string stat = File.ReadAllText($"/proc/{_process.Id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
    }

    public double ResidentKiB => KiBOf("status", "VmRSS:");

    /// <summary>Resident memory in which a page that several processes share counts in parts.</summary>
    public double ProportionalKiB => KiBOf("smaps_rollup", "Pss:");

    public int Id => _process.Id;

    public static BenchProcess Start(string name, string program, params string[] arguments) => new(
        name, Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!);

    /// <summary>Waits until this comes true.</summary>
    /// <exception cref="InvalidOperationException">The program ended, or it did not come true in a minute; the message
    /// has what it said.</exception>
    public async Task UntilAsync(Func<Task<bool>> isReady)
    {
        for (long start = Stopwatch.GetTimestamp(); !await isReady();)
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(start) > StartPatience)
            {
                throw new InvalidOperationException($"{_name} did not start:\n{Output}");
            }
            await Task.Delay(5);
        }
    }

    public Task UntilSaidAsync(string text) => UntilAsync(() => Task.FromResult(Output.Contains(text, StringComparison.Ordinal)));

    /// <summary>Writes a line to its standard input.</summary>
    public async Task TellAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private double KiBOf(string file, string name)
    {
        string line = File.ReadLines($"/proc/{_process.Id}/{file}").Single(entry => entry.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    private string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    // What a proxy logs in a run of thousands of logins is of no interest: the beginning is, when it does not start.
    private void Append(string? line)
    {
        lock (_output)
        {
            if (line is not null && _output.Length < 64 * 1024)
            {
                _output.Append(line).Append('\n');
            }
        }
    }
}
