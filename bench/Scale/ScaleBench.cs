using System.Diagnostics;
using System.Globalization;
using SshGateway.Bench.Processes;
using SshGateway.Bench.Reporting;
using SshGateway.Feed;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Scale;

/// <summary>
/// The operator with many sessions on a real API server and many proxies behind it, with TLS and tokens: start,
/// synchronization, single changes and a steady stream of them, the operator's loss, and a burst of new sessions.
/// </summary>
internal sealed class ScaleBench(ScaleOptions options, Cluster cluster, FeedKeys keys)
{
    private const int IdleChanges = 60;
    private const int ChangeSeconds = 10;
    private const int MaxBurst = 1000;
    private const int AloneChanges = 600;

    /// <summary>Longer than anything here should take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly int _feedPort = Ports.Free();
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly PodChanges _changes = new(cluster, options.ServerIds);

    public static async Task RunAsync(ScaleOptions options)
    {
        using var cluster = new Cluster(options.Server, options.Authority, options.Token);
        using var keys = new FeedKeys();
        ScaleResult result = await new ScaleBench(options, cluster, keys).RunAsync();
        ScaleReport.Print(result);
        JsonFile.Save(options.ResultFile, result, ScaleJson.Default.ScaleResult);
    }

    private async Task<ScaleResult> RunAsync()
    {
        string[] ids = [.. Enumerable.Range(0, options.Sessions).Select(i => $"first-{i}")];
        Say($"creating {ids.Length} sessions and pods");
        await cluster.CreateSessionsAsync(ids);
        await cluster.CreatePodsAsync(ids, network: 10);

        string[] few = ids[..Math.Min(AloneChanges, ids.Length)];
        Say($"changing {few.Length} pods there and back, {PodChanges.PerSecond} a second, without an operator");
        ScaleResult.ServerPart alone = await _changes.LoadAloneAsync(few);
        OperatorProcess process = Start();
        await using ProxyFleet fleet = new(options.Proxies, process.Feed, keys);
        try
        {
            ScaleResult.StartPart start = await StartAsync(process, ids);
            ScaleResult.SyncPart sync = await SyncAsync(process, fleet);
            string[] idle = [.. ids.Take(Math.Min(IdleChanges, ids.Length / 4))];
            string[] busy = [.. ids[idle.Length..^1].Take(PodChanges.PerSecond * ChangeSeconds)];
            Say($"changing {idle.Length} pods, one after the other");
            ScaleResult.ChangesPart idlePart = await _changes.SinglyAsync(process, fleet, idle);
            Say($"changing {busy.Length} pods, {PodChanges.PerSecond} a second");
            ScaleResult.ChangesPart busyPart = await _changes.SteadilyAsync(process, fleet, busy);

            Say("killing the operator and starting another one");
            await process.DisposeAsync();
            // Its Lease has to run out before the next one writes status.
            Task<long> leads = cluster.WaitForPhaseAsync(await cluster.ReadVersionAsync(Cluster.Sessions), [ids[^1]], "NotReady");
            // What changed meanwhile makes it a snapshot for everybody.
            await cluster.SetReadyAsync(ids[^1], isReady: false);
            process = Start();
            await process.Listed.WaitAsync(Limit);
            ScaleResult.SyncPart resync = await ResyncAsync(process, fleet);
            await leads.WaitAsync(Limit);
            return new ScaleResult
            {
                Sessions = options.Sessions,
                Proxies = options.Proxies,
                Cores = Environment.ProcessorCount,
                Alone = alone,
                Start = start,
                Sync = sync,
                Idle = idlePart,
                Busy = busyPart,
                Resync = resync,
                Burst = await BurstAsync(fleet),
                End = await EndAsync(process, fleet),
            };
        }
        finally
        {
            await process.DisposeAsync();
        }
    }

    private OperatorProcess Start() => new(options.OperatorProgram, options.Kubeconfig, _feedPort, keys);

    private async Task<ScaleResult.StartPart> StartAsync(OperatorProcess process, string[] ids)
    {
        Say("the operator starts");
        Task<long> allStatus = cluster.WaitForPhaseAsync(await cluster.ReadVersionAsync(Cluster.Sessions), ids, "Ready");
        await using var follower = new FeedFollower(process.Feed, keys);
        (long synced, ulong count, _) = await follower.Synced.WaitAsync(Limit);
        if (count != (ulong)ids.Length)
        {
            throw new InvalidOperationException($"the first snapshot has {count} entries and not {ids.Length}");
        }
        double resident = process.ResidentMiB;
        long status = await allStatus.WaitAsync(Limit);
        return new ScaleResult.StartPart(
            Seconds(process.Started, await process.Listed), Seconds(process.Started, synced), Seconds(process.Started, status), resident, process.PeakMiB);
    }

    private async Task<ScaleResult.SyncPart> SyncAsync(OperatorProcess process, ProxyFleet fleet)
    {
        Say($"{fleet.Count} proxies connect");
        double cpu = process.CpuSeconds;
        long started = Stopwatch.GetTimestamp();
        await fleet.StartAsync();
        long synced = await fleet.SyncedAsync(1).WaitAsync(Limit);
        return new ScaleResult.SyncPart(Seconds(started, synced), process.CpuSeconds - cpu, process.ResidentMiB, process.PeakMiB);
    }

    // From when there is something to come back to. What the proxies' delays are is in it.
    private static async Task<ScaleResult.SyncPart> ResyncAsync(OperatorProcess process, ProxyFleet fleet)
    {
        double cpu = process.CpuSeconds;
        long synced = await fleet.SyncedAsync(2).WaitAsync(Limit);
        return new ScaleResult.SyncPart(Seconds(await process.Listed, synced), process.CpuSeconds - cpu, process.ResidentMiB, process.PeakMiB);
    }

    private async Task<ScaleResult.BurstPart> BurstAsync(ProxyFleet fleet)
    {
        string[] ids = [.. Enumerable.Range(0, Math.Min(options.Sessions, MaxBurst)).Select(i => $"second-{i}")];
        Say($"creating {ids.Length} pods, then their sessions at once");
        await cluster.CreatePodsAsync(ids, network: 11);
        Task<long> allStatus = cluster.WaitForPhaseAsync(await cluster.ReadVersionAsync(Cluster.Sessions), ids, "Ready");
        Dictionary<string, Task<long>> arrivals = ids.ToDictionary(id => id, id => fleet.ExpectAsync(id, EndpointState.Ready));
        long started = Stopwatch.GetTimestamp();
        IReadOnlyDictionary<string, long> created = await cluster.CreateSessionsAsync(ids);
        await Task.WhenAll(arrivals.Values).WaitAsync(Limit);
        Dictionary<string, long> arrived = arrivals.ToDictionary(a => a.Key, a => a.Value.Result);
        long status = await allStatus.WaitAsync(Limit);
        return new ScaleResult.BurstPart(
            ids.Length, Seconds(started, created.Values.Max()), Seconds(started, arrived.Values.Max()), Seconds(started, status), Percentiles.Milliseconds(created, arrived));
    }

    private async Task<ScaleResult.EndPart> EndAsync(OperatorProcess process, ProxyFleet fleet)
    {
        await using var follower = new FeedFollower(process.Feed, keys);
        (_, ulong count, ulong hash) = await follower.Synced.WaitAsync(Limit);
        return new ScaleResult.EndPart(count, fleet.CountOthers((count, hash)), fleet.Faults);
    }

    private static double Seconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds;

    private void Say(string text) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_began).TotalSeconds,5:F0} s  {text}"));
}
