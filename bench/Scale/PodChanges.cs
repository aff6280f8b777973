using System.Diagnostics;
using SshGateway.Feed;

namespace SshGateway.Bench.Scale;

/// <summary>
/// Pods that become ready, or are no longer: how long it takes until all tables have it, and how much of that the API
/// server takes itself.
/// </summary>
/// <param name="cluster">Where the pods are.</param>
/// <param name="servers">The processes of the API server and of etcd.</param>
internal sealed class PodChanges(Cluster cluster, (int ApiServer, int Etcd) servers)
{
    public const int PerSecond = 200;

    // Longer than changes are collected for.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>There and back without an operator, with nobody but a bare watcher listening.</summary>
    public async Task<ScaleResult.ServerPart> LoadAloneAsync(string[] ids)
    {
        ProcessorTime load = Load();
        await using var watcher = new BareWatcher(cluster, await cluster.ReadVersionAsync(Cluster.Pods));
        Patches there = await PatchSteadilyAsync(ids, isReady: false, _ => { });
        IReadOnlyDictionary<string, long> told = await watcher.ToldAsync(ids, isReady: false);
        IReadOnlyDictionary<string, double> cores = load.Cores();
        await PatchSteadilyAsync(ids, isReady: true, _ => { });
        return new ScaleResult.ServerPart(
            there.PerSecond, Percentiles.Milliseconds(there.Sent, there.Answered), Percentiles.Milliseconds(there.Sent, told), cores);
    }

    /// <summary>No longer ready, each when the one before has arrived.</summary>
    public Task<ScaleResult.ChangesPart> SinglyAsync(OperatorProcess process, ProxyFleet fleet, string[] ids) =>
        ChangeAsync(process, fleet, ids, async expect =>
        {
            var patches = new Patches();
            foreach (string id in ids)
            {
                Task<long> arrival = expect(id);
                patches.Sent[id] = Stopwatch.GetTimestamp();
                patches.Answered[id] = await PatchAsync(id, isReady: false);
                await arrival.WaitAsync(ScaleBench.Limit);
                await Task.Delay(Pause);
            }
            return patches;
        });

    /// <summary>No longer ready, so many a second, whatever has arrived.</summary>
    public Task<ScaleResult.ChangesPart> SteadilyAsync(OperatorProcess process, ProxyFleet fleet, string[] ids) =>
        ChangeAsync(process, fleet, ids, expect => PatchSteadilyAsync(ids, isReady: false, id => expect(id)));

    private async Task<ScaleResult.ChangesPart> ChangeAsync(OperatorProcess process, ProxyFleet fleet, string[] ids, Func<Func<string, Task<long>>, Task<Patches>> patchAsync)
    {
        await using var watcher = new BareWatcher(cluster, await cluster.ReadVersionAsync(Cluster.Pods));
        Task<long> written = cluster.WaitForPhaseAsync(await cluster.ReadVersionAsync(Cluster.Sessions), ids, "NotReady");
        double cpu = process.CpuSeconds;
        ProcessorTime load = Load(("operator", process.Id));
        var arrivals = new Dictionary<string, Task<long>>();
        Patches patches = await patchAsync(id => arrivals[id] = fleet.ExpectAsync(id, EndpointState.NotReady));
        await Task.WhenAll(arrivals.Values).WaitAsync(ScaleBench.Limit);
        IReadOnlyDictionary<string, double> cores = load.Cores();
        IReadOnlyDictionary<string, long> told = await watcher.ToldAsync(ids, isReady: false);
        Dictionary<string, long> arrived = arrivals.ToDictionary(a => a.Key, a => a.Value.Result);
        await written.WaitAsync(ScaleBench.Limit);
        cpu = process.CpuSeconds - cpu;
        return new ScaleResult.ChangesPart(
            ids.Length, patches.PerSecond, Percentiles.Milliseconds(patches.Sent, patches.Answered), Percentiles.Milliseconds(patches.Sent, told),
            Percentiles.Milliseconds(told, arrived), Percentiles.Milliseconds(patches.Sent, arrived), cores, 1000 * cpu / ids.Length);
    }

    private async Task<Patches> PatchSteadilyAsync(string[] ids, bool isReady, Action<string> before)
    {
        var patches = new Patches();
        var answers = new Dictionary<string, Task<long>>();
        long started = Stopwatch.GetTimestamp();
        foreach ((int number, string id) in ids.Index())
        {
            if (TimeSpan.FromSeconds((double)number / PerSecond) - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } early)
            {
                await Task.Delay(early);
            }
            before(id);
            patches.Sent[id] = Stopwatch.GetTimestamp();
            answers[id] = PatchAsync(id, isReady);
        }
        patches.PerSecond = ids.Length / Stopwatch.GetElapsedTime(started).TotalSeconds;
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
        [.. more, ("kube-apiserver", servers.ApiServer), ("etcd", servers.Etcd), ("proxies and clients", Environment.ProcessId)]);
}
