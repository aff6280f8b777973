using System.Diagnostics;
using System.Text.Json;
using SshGateway.Bench.Processes;
using SshGateway.Shared.Protos;

namespace SshGateway.Bench.Scale;

/// <summary>
/// The operator with many sessions on a real API server and many proxies behind it: start, synchronization, single changes and a steady stream of them,
/// the operator's loss, and a burst of new sessions.
/// </summary>
internal sealed class ScaleBench(ScaleOptions options, Cluster cluster)
{
    private const int IdleChanges = 60;
    private const int ChangesPerSecond = 200;
    private const int ChangeSeconds = 20;
    private const int MostBurst = 2000;
    private const int AloneChanges = 1000;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly int _feedPort = Ports.Free();

    public static async Task RunAsync(ScaleOptions options)
    {
        using var cluster = new Cluster(options.Server, options.Authority, options.Token);
        ScaleResult result = await new ScaleBench(options, cluster).RunAsync();
        ScaleReport.Print(result);
        await File.WriteAllTextAsync(options.ResultFile, JsonSerializer.Serialize(result, ScaleJson.Default.ScaleResult));
    }

    private async Task<ScaleResult> RunAsync()
    {
        string[] ids = [.. Enumerable.Range(0, options.Sessions).Select(i => $"first-{i}")];
        Say($"creating {ids.Length} sessions and pods");
        await cluster.CreateSessionsAsync(ids);
        await cluster.CreatePodsAsync(ids, network: 10);

        ScaleResult.ServerPart alone = await LoadAloneAsync(ids[..Math.Min(AloneChanges, ids.Length)]);
        OperatorProcess process = Start();
        await using ProxyFleet fleet = new(options.Proxies, process.Feed);
        try
        {
            ScaleResult.StartPart start = await StartAsync(process, ids);
            ScaleResult.SyncPart sync = await SyncAsync(process, fleet);
            string[] idle = [.. ids.Take(Math.Min(IdleChanges, ids.Length / 4))];
            string[] busy = [.. ids[idle.Length..^1].Take(ChangesPerSecond * ChangeSeconds)];
            ScaleResult.ChangesPart idlePart = await ChangeSinglyAsync(process, fleet, idle);
            ScaleResult.ChangesPart busyPart = await ChangeSteadilyAsync(process, fleet, busy);

            Say("killing the operator, and starting another one");
            await process.DisposeAsync();
            // Its Lease has to run out before the next one writes status.
            Task<long> leads = WaitForStatusAsync(await cluster.ReadVersionAsync(Cluster.Sessions), [ids[^1]], "NotReady");
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

    private OperatorProcess Start() => new(options.OperatorProgram, options.Kubeconfig, _feedPort);

    private async Task<ScaleResult.StartPart> StartAsync(OperatorProcess process, string[] ids)
    {
        Say("the operator starts");
        Task<long> allStatus = WaitForStatusAsync(await cluster.ReadVersionAsync(Cluster.Sessions), ids);
        await using var follower = new FeedFollower(process.Feed);
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

    private static async Task<ScaleResult.SyncPart> SyncAsync(OperatorProcess process, ProxyFleet fleet)
    {
        Say($"{fleet.Count} proxies come");
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

    // What the API server itself needs for the same changes, with nobody but a bare watcher listening.
    private async Task<ScaleResult.ServerPart> LoadAloneAsync(string[] ids)
    {
        Say($"changing {ids.Length} pods there and back, {ChangesPerSecond} a second, without an operator");
        ProcessorTime load = Load();
        await using var watcher = new BareWatcher(cluster, await cluster.ReadVersionAsync(Cluster.Pods));
        Patches there = await PatchSteadilyAsync(ids, isReady: false, _ => { });
        IReadOnlyDictionary<string, long> told = await watcher.ToldAsync(ids, isReady: false);
        IReadOnlyDictionary<string, double> cores = load.Cores();
        await PatchSteadilyAsync(ids, isReady: true, _ => { });
        return new ScaleResult.ServerPart(
            there.PerSecond, Percentiles.Milliseconds(there.Sent, there.Answered), Percentiles.Milliseconds(there.Sent, told), cores);
    }

    private async Task<ScaleResult.ChangesPart> ChangeSinglyAsync(OperatorProcess process, ProxyFleet fleet, string[] ids)
    {
        Say($"changing {ids.Length} pods, one after the other");
        return await ChangeAsync(process, fleet, ids, async expect =>
        {
            var patches = new Patches();
            foreach (string id in ids)
            {
                Task<long> arrival = expect(id);
                patches.Sent[id] = Stopwatch.GetTimestamp();
                patches.Answered[id] = await PatchAsync(id, isReady: false);
                await arrival.WaitAsync(Limit);
                // Longer than changes are collected for.
                await Task.Delay(50);
            }
            return patches;
        });
    }

    private async Task<ScaleResult.ChangesPart> ChangeSteadilyAsync(OperatorProcess process, ProxyFleet fleet, string[] ids)
    {
        Say($"changing {ids.Length} pods, {ChangesPerSecond} a second");
        return await ChangeAsync(process, fleet, ids, expect => PatchSteadilyAsync(ids, isReady: false, id => expect(id)));
    }

    private async Task<ScaleResult.ChangesPart> ChangeAsync(OperatorProcess process, ProxyFleet fleet, string[] ids, Func<Func<string, Task<long>>, Task<Patches>> patchAsync)
    {
        await using var watcher = new BareWatcher(cluster, await cluster.ReadVersionAsync(Cluster.Pods));
        ProcessorTime load = Load(("operator", process.Id));
        var arrivals = new Dictionary<string, Task<long>>();
        Patches patches = await patchAsync(id => arrivals[id] = fleet.ExpectAsync(id, EndpointState.NotReady));
        await Task.WhenAll(arrivals.Values).WaitAsync(Limit);
        IReadOnlyDictionary<string, double> cores = load.Cores();
        IReadOnlyDictionary<string, long> told = await watcher.ToldAsync(ids, isReady: false);
        Dictionary<string, long> arrived = arrivals.ToDictionary(a => a.Key, a => a.Value.Result);
        return new ScaleResult.ChangesPart(
            ids.Length, patches.PerSecond, Percentiles.Milliseconds(patches.Sent, patches.Answered), Percentiles.Milliseconds(patches.Sent, told),
            Percentiles.Milliseconds(told, arrived), Percentiles.Milliseconds(patches.Sent, arrived), cores);
    }

    private async Task<Patches> PatchSteadilyAsync(string[] ids, bool isReady, Action<string> before)
    {
        var patches = new Patches();
        var answers = new Dictionary<string, Task<long>>();
        long started = Stopwatch.GetTimestamp();
        foreach ((int number, string id) in ids.Index())
        {
            if (TimeSpan.FromSeconds((double)number / ChangesPerSecond) - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } early)
            {
                await Task.Delay(early);
            }
            before(id);
            patches.Sent[id] = Stopwatch.GetTimestamp();
            answers[id] = PatchAsync(id, isReady);
        }
        patches.PerSecond = ids.Length / Seconds(started, Stopwatch.GetTimestamp());
        foreach ((string id, Task<long> answer) in answers)
        {
            patches.Answered[id] = await answer;
        }
        return patches;
    }

    private async Task<long> PatchAsync(string id, bool isReady)
    {
        await cluster.SetReadyAsync(id, isReady);
        return Stopwatch.GetTimestamp();
    }

    private ProcessorTime Load(params IEnumerable<(string Name, int Id)> more) => new(
        [.. more, ("kube-apiserver", options.ServerIds.ApiServer), ("etcd", options.ServerIds.Etcd), ("proxies and clients", Environment.ProcessId)]);

    private async Task<ScaleResult.BurstPart> BurstAsync(ProxyFleet fleet)
    {
        string[] ids = [.. Enumerable.Range(0, Math.Min(options.Sessions, MostBurst)).Select(i => $"second-{i}")];
        Say($"creating {ids.Length} pods, then their sessions at once");
        await cluster.CreatePodsAsync(ids, network: 11);
        Task<long> allStatus = WaitForStatusAsync(await cluster.ReadVersionAsync(Cluster.Sessions), ids);
        Dictionary<string, Task<long>> arrivals = ids.ToDictionary(id => id, id => fleet.ExpectAsync(id, EndpointState.Ready));
        long started = Stopwatch.GetTimestamp();
        IReadOnlyDictionary<string, long> created = await cluster.CreateSessionsAsync(ids);
        await Task.WhenAll(arrivals.Values).WaitAsync(Limit);
        Dictionary<string, long> arrived = arrivals.ToDictionary(a => a.Key, a => a.Value.Result);
        long status = await allStatus.WaitAsync(Limit);
        return new ScaleResult.BurstPart(
            ids.Length, Seconds(started, created.Values.Max()), Seconds(started, arrived.Values.Max()), Seconds(started, status), Percentiles.Milliseconds(created, arrived));
    }

    private static async Task<ScaleResult.EndPart> EndAsync(OperatorProcess process, ProxyFleet fleet)
    {
        await using var follower = new FeedFollower(process.Feed);
        (_, ulong count, ulong hash) = await follower.Synced.WaitAsync(Limit);
        return new ScaleResult.EndPart(count, fleet.CountOthers((count, hash)), fleet.Faults);
    }

    /// <returns>When the last of them had a status of this phase.</returns>
    private async Task<long> WaitForStatusAsync(string version, string[] ids, string phase = "Ready")
    {
        HashSet<string> missing = [.. ids];
        await foreach (string id in cluster.WatchPhaseAsync(version, phase, CancellationToken.None))
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

    private sealed class Patches
    {
        public Dictionary<string, long> Sent { get; } = [];

        public Dictionary<string, long> Answered { get; } = [];

        /// <summary>0: each when the one before had arrived.</summary>
        public double PerSecond { get; set; }
    }
}
