using System.Collections.Concurrent;
using SshGateway.Bench.Report;
using SshGateway.Bench.Traffic.Raw;
using SshGateway.Bench.Traffic.Ssh;

namespace SshGateway.Bench.Traffic;

/// <summary>Memory of sessions and passthrough connections on which nothing happens, each kind in a process of its own that has done nothing else.</summary>
internal static class IdleFigures
{
    // One after the other, 16 at a time: what is compiled for such connections is compiled for good by then.
    private const int WarmUp = 2000;

    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<Figure>> RunAsync(TestBed bed, TrafficSize size)
    {
        await using Relay sessions = await bed.StartProxyAsync();
        await using Relay connections = await bed.StartProxyAsync();
        await using Relay haproxy = await bed.StartHaProxyAsync(splice: true);
        Func<int, Task<IAsyncDisposable>>[] openers =
            [worker => LogInAsync(bed, sessions, worker), worker => ConnectAsync(connections, worker), worker => ConnectAsync(haproxy, worker)];
        Progress.Say($"{WarmUp} sessions and passthrough connections that come and go");
        foreach (Func<int, Task<IAsyncDisposable>> open in openers)
        {
            await Workers.DoAsync(WarmUp, async (_, worker) => await (await open(worker)).DisposeAsync());
        }
        await Task.Delay(Aftermath);
        Relay[] relays = [sessions, connections, haproxy];
        double[] before = [.. relays.Select(relay => relay.Process.ResidentKiB)];
        Progress.Say($"opening {size.IdleSessions} sessions and passthrough connections");
        var idle = new ConcurrentBag<IAsyncDisposable>();
        foreach (Func<int, Task<IAsyncDisposable>> open in openers)
        {
            await Workers.DoAsync(size.IdleSessions, async (_, worker) => idle.Add(await open(worker)));
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
            new Figure("memory per idle session", "KiB", [each[0]], Aim: 24),
            new Figure("memory per idle passthrough connection", "KiB", [each[1]], Aim: 10),
            new Figure("memory per idle passthrough connection, beside HAProxy", "KiB", [each[1]], haproxy.Name, [each[2]]),
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
