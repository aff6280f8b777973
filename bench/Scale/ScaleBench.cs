using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SshGateway.Shared.Protos;

namespace SshGateway.Bench.Scale;

/// <summary>The operator with many sessions on a real API server: start, a burst of new sessions, and a steady stream of changes.</summary>
internal static class ScaleBench
{
    private const int ChangesPerSecond = 200;
    private const int ChangeSeconds = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static async Task RunAsync(ScaleOptions options)
    {
        using var cluster = new Cluster(options.Server, options.Authority, options.Token);
        string[] first = [.. Enumerable.Range(0, options.Sessions).Select(i => $"first-{i}")];
        string[] second = [.. Enumerable.Range(0, options.Sessions).Select(i => $"second-{i}")];
        Say($"creating {options.Sessions} sessions and pods");
        await cluster.CreateSessionsAsync(first);
        await cluster.CreatePodsAsync(first, network: 10);

        Say("starting the operator");
        Task<long> allStatus = WaitForStatusAsync(cluster, await cluster.ReadVersionAsync(), first);
        await using var process = new OperatorProcess(options.OperatorProgram, options.Kubeconfig);
        await using var feed = new FeedFollower(process.Feed);
        (long synced, ulong count) = await feed.Synced.WaitAsync(Limit);
        if (count != (ulong)options.Sessions)
        {
            throw new InvalidOperationException($"the first snapshot has {count} entries and not {options.Sessions}");
        }
        double resident = process.ResidentMiB;
        long status = await allStatus.WaitAsync(Limit);

        var result = new ScaleResult
        {
            Sessions = options.Sessions,
            Cores = Environment.ProcessorCount,
            ListSeconds = Seconds(process.Started, await process.Listed),
            SnapshotSeconds = Seconds(process.Started, synced),
            StatusSeconds = Seconds(process.Started, status),
            ResidentMiB = resident,
            PeakMiB = process.PeakMiB,
            Burst = await BurstAsync(cluster, feed, second),
            Changes = await ChangeAsync(cluster, feed, process, first),
        };
        Print(result);
        await File.WriteAllTextAsync(options.ResultFile, JsonSerializer.Serialize(result, ScaleJson.Default.ScaleResult));
    }

    private static async Task<ScaleResult.BurstPart> BurstAsync(Cluster cluster, FeedFollower feed, string[] ids)
    {
        Say($"creating {ids.Length} pods");
        await cluster.CreatePodsAsync(ids, network: 11);
        Say($"creating {ids.Length} sessions at once");
        Task<long> allStatus = WaitForStatusAsync(cluster, await cluster.ReadVersionAsync(), ids);
        long started = Stopwatch.GetTimestamp();
        IReadOnlyDictionary<string, long> created = await cluster.CreateSessionsAsync(ids);
        IReadOnlyDictionary<string, long> told = await feed.WaitAsync(ids, EndpointState.Ready, Limit);
        long status = await allStatus.WaitAsync(Limit);
        return new ScaleResult.BurstPart(
            Seconds(started, created.Values.Max()), Seconds(started, told.Values.Max()), Seconds(started, status), Percentiles.Milliseconds(created, told));
    }

    private static async Task<ScaleResult.ChangesPart> ChangeAsync(Cluster cluster, FeedFollower feed, OperatorProcess process, string[] ids)
    {
        string[] changing = [.. ids.Take(ChangesPerSecond * ChangeSeconds)];
        Say($"changing {changing.Length} pods, {ChangesPerSecond} a second");
        double cpu = process.CpuSeconds;
        long started = Stopwatch.GetTimestamp();
        var sent = new Dictionary<string, long>();
        var patches = new List<Task>();
        foreach ((int number, string id) in changing.Index())
        {
            TimeSpan due = TimeSpan.FromSeconds((double)number / ChangesPerSecond) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due);
            }
            sent[id] = Stopwatch.GetTimestamp();
            patches.Add(cluster.SetReadyAsync(id, isReady: false));
        }
        double seconds = Seconds(started, Stopwatch.GetTimestamp());
        await Task.WhenAll(patches);
        IReadOnlyDictionary<string, long> told = await feed.WaitAsync(changing, EndpointState.NotReady, Limit);
        double busy = (process.CpuSeconds - cpu) / Seconds(started, Stopwatch.GetTimestamp());
        return new ScaleResult.ChangesPart(ChangesPerSecond, changing.Length / seconds, Percentiles.Milliseconds(sent, told), busy);
    }

    /// <returns>When the last of them had a status.</returns>
    private static async Task<long> WaitForStatusAsync(Cluster cluster, string version, string[] ids)
    {
        HashSet<string> missing = [.. ids];
        await foreach (string id in cluster.WatchReadyAsync(version, CancellationToken.None))
        {
            if (missing.Remove(id) && missing.Count == 0)
            {
                return Stopwatch.GetTimestamp();
            }
        }
        throw new InvalidOperationException($"the watch ended, and {missing.Count} sessions had no status yet");
    }

    private static double Seconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds;

    private static void Say(string text) => Console.Error.WriteLine(text);

    private static void Print(ScaleResult r)
    {
        Write($"start with {r.Sessions} sessions and pods: listed after {r.ListSeconds:F1} s, first complete snapshot at a feed client {r.SnapshotSeconds:F1} s, all status {r.StatusSeconds:F1} s; operator {r.ResidentMiB:F0} MiB, at most {r.PeakMiB:F0} MiB");
        Write($"{r.Sessions} sessions created at once ({r.Burst.CreateSeconds:F1} s): table complete after {r.Burst.TableSeconds:F1} s, all status {r.Burst.StatusSeconds:F1} s; create to entry p50 {r.Burst.Entry.P50:F0} ms, p99 {r.Burst.Entry.P99:F0} ms");
        Write($"{r.Changes.Achieved:F0} pods changed a second: patch to entry p50 {r.Changes.Entry.P50:F0} ms, p99 {r.Changes.Entry.P99:F0} ms, longest {r.Changes.Entry.Longest:F0} ms; operator {r.Changes.OperatorCores:F2} cores");

        static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
    }
}
