using System.Diagnostics;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Traffic.Ssh;

namespace SshGateway.Bench.Traffic;

/// <summary>
/// Logins by the bench's own client at its own upstream, as many at a time as there are light sessions.
/// </summary>
internal static class LoginMeasurements
{
    // Until what a login needs is compiled for good: the compiler's own time would be a third of the measurement.
    public const int WarmUp = 4000;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(TestBed bed, TrafficSize size)
    {
        List<double> gateway = [], direct = [], cpu = [], floor = [];
        await LogInAsync(bed, WarmUp, throughGateway: true);
        for (int run = 1; run <= size.Runs; run++)
        {
            Progress.Say($"logins: run {run} of {size.Runs}");
            floor.Add(await CryptoFloor.MillisecondsPerLoginAsync());
            direct.Add(await LogInAsync(bed, size.Logins, throughGateway: false));
            double before = bed.Gateway.Process.CpuSeconds;
            gateway.Add(await LogInAsync(bed, size.Logins, throughGateway: true));
            cpu.Add(1000 * (bed.Gateway.Process.CpuSeconds - before) / size.Logins);
        }
        return
        [
            new Measurement("logins, 16 at a time", "1/s", gateway, "direct", direct, 0.6, MoreIsBetter: true),
            new Measurement("CPU of the proxy per login", "ms", cpu, CryptoFloor.Name, floor, 2.9),
        ];
    }

    // Logins per second.
    private static async Task<double> LogInAsync(TestBed bed, int logins, bool throughGateway)
    {
        long start = Stopwatch.GetTimestamp();
        await Workers.DoAsync(logins, async (_, worker) =>
        {
            await using LoadClient client = await LoadClient.LogInAsync(
                throughGateway ? bed.Gateway.Clients : bed.LightPod(worker), TestSessions.Light(worker), bed.UserKey);
        });
        return logins / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
