using System.Diagnostics;
using SshGateway.Bench.Processes;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Scale;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Table;

/// <summary>
/// A proxy's first synchronization with an operator that has a million sessions: the real feed on both sides, with TLS
/// and a token, in two processes.
/// </summary>
internal static class SyncBench
{
    private const int Sessions = 1_000_000;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static async Task<SyncResult> RunAsync()
    {
        Progress.Say($"synchronizing {Sessions} sessions");
        using var keys = new FeedKeys();
        (BenchProcess source, Uri feed) = await SyntheticSource.StartAsync(Sessions, keys);
        await using (source)
        {
            double sourceBefore = source.CpuSeconds;
            TimeSpan before = Environment.CpuUsage.TotalTime;
            await using var proxy = new BenchProxy(0, feed, keys);
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
            // In step is who has the operator's count and hash.
            return new SyncResult(
                proxy.Table.Count, Stopwatch.GetElapsedTime(started, proxy.Log.LastSync).TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds,
                source.CpuSeconds - sourceBefore, source.ResidentKiB / 1024, proxy.Log.Faults);
        }
    }
}
