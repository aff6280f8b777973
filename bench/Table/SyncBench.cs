using System.Diagnostics;
using System.Globalization;
using SshGateway.Bench.Processes;
using SshGateway.Bench.Scale;

namespace SshGateway.Bench.Table;

/// <summary>
/// A proxy's first synchronization with an operator that has a million sessions: the real feed on both sides, in two
/// processes.
/// </summary>
internal static class SyncBench
{
    private const int Sessions = 1_000_000;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static async Task RunAsync()
    {
        int port = Ports.Free();
        using Process source = Process.Start(new ProcessStartInfo("dotnet", [typeof(SyncBench).Assembly.Location, "source", Text($"{port}"), Text($"{Sessions}")]) { RedirectStandardOutput = true })!;
        try
        {
            while (await source.StandardOutput.ReadLineAsync() is not "ready")
            {
                if (source.HasExited)
                {
                    throw new InvalidOperationException("the synthetic source ended");
                }
            }
            source.Refresh();
            TimeSpan sourceBefore = source.TotalProcessorTime;
            using var self = Process.GetCurrentProcess();
            TimeSpan before = self.TotalProcessorTime;
            long memory = GC.GetTotalMemory(forceFullCollection: true);
            await using var proxy = new BenchProxy(0, new Uri($"http://127.0.0.1:{port}"));
            long started = Stopwatch.GetTimestamp();
            await proxy.StartAsync();
            while (proxy.Log.Syncs == 0)
            {
                if (Stopwatch.GetElapsedTime(started) > Limit)
                {
                    throw new TimeoutException($"after {Limit.TotalSeconds} s the table has {proxy.Table.Count} sessions");
                }
                await Task.Delay(5);
            }
            double seconds = Stopwatch.GetElapsedTime(started, proxy.Log.LastSync).TotalSeconds;
            source.Refresh();
            self.Refresh();
            double bytes = (double)(GC.GetTotalMemory(forceFullCollection: true) - memory) / proxy.Table.Count;
            // In step is who has the operator's count and hash.
            Console.WriteLine(Text(
                $"sync: {proxy.Table.Count:N0} sessions synchronized after {seconds:F1} s, {proxy.Log.Faults} errors; proxy {(self.TotalProcessorTime - before).TotalSeconds:F1} CPU-s, operator {(source.TotalProcessorTime - sourceBefore).TotalSeconds:F1}; {bytes:F0} bytes per session in the proxy; operator {source.WorkingSet64 / 1048576.0:F0} MiB"));
        }
        finally
        {
            source.Kill();
            await source.WaitForExitAsync();
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
