using SshGateway.Bench.Report;
using SshGateway.Bench.Traffic.Raw;
using SshGateway.Bench.Traffic.Ssh;

namespace SshGateway.Bench.Traffic;

/// <summary>Memory of sessions and passthrough connections on which nothing happens, each kind in a process of its own that has done nothing else.</summary>
internal static class IdleFigures
{
    // What a process needs once, it has by then.
    private const int WarmUp = 100;

    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<Figure>> RunAsync(TestBed bed, TrafficSize size)
    {
        await using Relay sessions = await bed.StartProxyAsync();
        await using Relay connections = await bed.StartProxyAsync();
        await using Relay haproxy = await bed.StartHaProxyAsync(splice: true);
        foreach (IAsyncDisposable warm in await OpenAsync(bed, sessions, connections, haproxy, WarmUp))
        {
            await warm.DisposeAsync();
        }
        await Task.Delay(Aftermath);
        Relay[] relays = [sessions, connections, haproxy];
        double[] before = [.. relays.Select(relay => relay.Process.ResidentKiB)];
        IReadOnlyList<IAsyncDisposable> open = await OpenAsync(bed, sessions, connections, haproxy, size.IdleSessions);
        Progress.Say($"{size.IdleSessions} of each idle for {size.IdleTime.TotalSeconds} s");
        await Task.Delay(size.IdleTime);
        double[] each = [.. relays.Zip(before, (relay, earlier) => (relay.Process.ResidentKiB - earlier) / size.IdleSessions)];
        foreach (IAsyncDisposable connection in open)
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

    private static async Task<IReadOnlyList<IAsyncDisposable>> OpenAsync(TestBed bed, Relay sessions, Relay connections, Relay haproxy, int count)
    {
        Progress.Say($"opening {count} sessions and passthrough connections");
        var open = new IAsyncDisposable[3 * count];
        await Workers.DoAsync(count, async (number, worker) =>
        {
            LoadClient client = await LoadClient.LogInAsync(sessions.Clients, TestSessions.Light(worker), bed.UserKey);
            open[number] = client;
            await client.OpenEchoAsync();
            await client.RoundTripAsync();
        });
        foreach ((int index, Relay relay) in new[] { connections, haproxy }.Index())
        {
            await Workers.DoAsync(count, async (number, worker) =>
            {
                RawClient client = await relay.ConnectAsync(worker);
                open[((1 + index) * count) + number] = client;
                await client.DownloadAsync(1);
            });
        }
        return open;
    }
}
