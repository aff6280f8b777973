using System.Diagnostics;
using SshGateway.Bench.Report;
using SshGateway.Bench.Traffic.Ssh;

namespace SshGateway.Bench.Traffic;

/// <summary>Logins by the bench's own client at its own upstream, as many at a time as there are light sessions.</summary>
internal static class LoginFigures
{
    public static async Task<IReadOnlyList<Figure>> RunAsync(TestBed bed, TrafficSize size)
    {
        List<double> gateway = [], direct = [], cpu = [], floor = [];
        await LogInAsync(bed, size.Logins, throughGateway: true);
        await LogInAsync(bed, size.Logins, throughGateway: false);
        for (int run = 1; run <= size.Runs; run++)
        {
            Progress.Say($"logins: run {run} of {size.Runs}");
            floor.Add(await CryptoFloor.MillisecondsPerLoginAsync());
            direct.Add(await LogInAsync(bed, size.Logins, throughGateway: false));
            double before = bed.Proxy.CpuSeconds;
            gateway.Add(await LogInAsync(bed, size.Logins, throughGateway: true));
            cpu.Add(1000 * (bed.Proxy.CpuSeconds - before) / size.Logins);
        }
        return
        [
            new Figure("logins, 16 at a time", "1/s", gateway, "direct", direct, 0.6, MoreIsBetter: true),
            new Figure("CPU of the proxy per login", "ms", cpu, CryptoFloor.Name, floor, 2.9),
        ];
    }

    /// <summary>Memory of sessions on which nothing happens.</summary>
    public static async Task<Figure> IdleMemoryAsync(TestBed bed, TrafficSize size)
    {
        double before = bed.Proxy.ResidentKiB;
        var open = new LoadClient[size.IdleSessions];
        try
        {
            Progress.Say($"{size.IdleSessions} idle sessions");
            int next = -1;
            await AtOnceAsync(async worker =>
            {
                for (int index = Interlocked.Increment(ref next); index < open.Length; index = Interlocked.Increment(ref next))
                {
                    open[index] = await LoadClient.LogInAsync(bed.Gateway, TestBed.LightSession(worker), bed.UserKey);
                    await open[index].OpenEchoAsync();
                    await open[index].RoundTripAsync();
                }
            });
            await Task.Delay(size.IdleTime);
            return new Figure("memory per idle session", "KiB", [(bed.Proxy.ResidentKiB - before) / open.Length], Aim: 24);
        }
        finally
        {
            foreach (LoadClient? client in open)
            {
                if (client is not null)
                {
                    await client.DisposeAsync();
                }
            }
        }
    }

    // Logins per second.
    private static async Task<double> LogInAsync(TestBed bed, int logins, bool throughGateway)
    {
        int left = logins;
        long start = Stopwatch.GetTimestamp();
        await AtOnceAsync(async worker =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await using LoadClient client = await LoadClient.LogInAsync(
                    throughGateway ? bed.Gateway : bed.LightPod(worker), TestBed.LightSession(worker), bed.UserKey);
            }
        });
        return logins / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Task AtOnceAsync(Func<int, Task> work) =>
        Task.WhenAll(Enumerable.Range(0, TestBed.LightSessions).Select(worker => Task.Run(() => work(worker))));
}
