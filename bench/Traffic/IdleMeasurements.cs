using System.Collections.Concurrent;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Traffic.Raw;
using SshGateway.Bench.Traffic.Ssh;

namespace SshGateway.Bench.Traffic;

/// <summary>
/// Memory of sessions and passthrough connections on which nothing happens, each kind in a process of its own that has
/// done nothing else.
/// </summary>
internal static class IdleMeasurements
{
    public const string SessionMemory = "memory per idle session";

    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<Measurement>> RunAsync(TestBed bed, TrafficSize size)
    {
        await using Relay sessions = await bed.StartProxyAsync();
        await using Relay connections = await bed.StartProxyAsync();
        await using Relay haproxy = await bed.StartHaProxyAsync(splice: true);
        (int WarmUp, Func<int, Task<IAsyncDisposable>> OpenAsync)[] kinds =
        [
            (LoginMeasurements.WarmUp, worker => LogInAsync(bed, sessions, worker)),
            (PassthroughMeasurements.WarmUp, worker => ConnectAsync(connections, worker)),
            (size.IdleSessions, worker => ConnectAsync(haproxy, worker)),
        ];
        Progress.Say("warming up: sessions and passthrough connections");
        foreach ((int warmUp, Func<int, Task<IAsyncDisposable>> openAsync) in kinds)
        {
            await Workers.DoAsync(warmUp, async (_, worker) => await (await openAsync(worker)).DisposeAsync());
        }
        await Task.Delay(Aftermath);
        Relay[] relays = [sessions, connections, haproxy];
        double[] before = [.. relays.Select(relay => relay.Process.ResidentKiB)];
        Progress.Say($"opening {size.IdleSessions} sessions and passthrough connections");
        var idle = new ConcurrentBag<IAsyncDisposable>();
        foreach ((_, Func<int, Task<IAsyncDisposable>> openAsync) in kinds)
        {
            await Workers.DoAsync(size.IdleSessions, async (_, worker) => idle.Add(await openAsync(worker)));
        }
        Progress.Say($"{size.IdleSessions} of each idle for {size.IdleTime.TotalSeconds} s");
        await Task.Delay(size.IdleTime);
        double[] each = [.. relays.Zip(before, (relay, earlier) => (relay.Process.ResidentKiB - earlier) / size.IdleSessions)];
        foreach (IAsyncDisposable connection in idle)
        {
            await connection.DisposeAsync();
        }
        return
        [
            new Measurement(SessionMemory, "KiB", [each[0]], Aim: 14),
            new Measurement("memory per idle passthrough connection", "KiB", [each[1]], Aim: 10),
            new Measurement("memory per idle passthrough connection, beside HAProxy", "KiB", [each[1]], haproxy.Name, [each[2]]),
        ];
    }

    private static async Task<IAsyncDisposable> LogInAsync(TestBed bed, Relay relay, int worker)
    {
        LoadClient client = await LoadClient.LogInAsync(relay.Clients, TestSessions.Light(worker), bed.UserKey);
        await client.OpenEchoAsync();
        await client.RoundTripAsync();
        return client;
    }

    private static async Task<IAsyncDisposable> ConnectAsync(Relay relay, int worker)
    {
        RawClient client = await relay.ConnectAsync(worker);
        await client.DownloadAsync(1);
        return client;
    }
}
