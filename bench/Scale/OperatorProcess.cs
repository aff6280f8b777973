using System.Diagnostics;
using System.Globalization;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Scale;

/// <summary>The operator, as a process of its own.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<long> _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lists;

    public OperatorProcess(string program, string kubeconfig, int port, FeedKeys keys)
    {
        Feed = new Uri($"https://127.0.0.1:{port}");
        string[] arguments =
        [
            program, "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={kubeconfig}", $"--Operator:Namespaces:0={Cluster.Namespace}",
            $"--Operator:LeaseNamespace={Cluster.Namespace}", $"--Operator:FeedListen=127.0.0.1:{port}", "--Operator:HttpListen=127.0.0.1:0", .. keys.OperatorArguments,
        ];
        Started = Stopwatch.GetTimestamp();
        _process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.BeginOutputReadLine();
    }

    public int Id => _process.Id;

    public Uri Feed { get; }

    public long Started { get; }

    /// <summary>When sessions and pods had both been listed.</summary>
    public Task<long> Listed => _listed.Task;

    public double ResidentMiB => StatusKiB("VmRSS:") / 1024;

    public double PeakMiB => StatusKiB("VmHWM:") / 1024;

    public double CpuSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is not null && line.Contains("Listed ", StringComparison.Ordinal) && Interlocked.Increment(ref _lists) == 2)
        {
            _listed.TrySetResult(Stopwatch.GetTimestamp());
        }
    }

    private double StatusKiB(string name)
    {
        string line = File.ReadLines($"/proc/{_process.Id}/status").Single(l => l.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
