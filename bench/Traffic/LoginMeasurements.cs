using System.Diagnostics;
using System.Net;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Traffic.Ssh;

namespace SshGateway.Bench.Traffic;

/// <summary>
/// Logins by the bench's own client at its own upstream, as many at a time as there are light sessions, or one.
/// </summary>
internal static class LoginMeasurements
{
    public const string ProcessorTime = "CPU of the proxy per login";
    public const string PostQuantumProcessorTime = "CPU of the proxy per login, post-quantum";

    // Until what a login needs is compiled for good: the compiler's own time would be a third of the measurement.
    public const int WarmUp = 4000;

    private const int PostQuantumWarmUp = 1000;

    // What the proxy still has to do when the last client has gone.
    private static readonly TimeSpan Aftermath = TimeSpan.FromMilliseconds(100);

    public static async Task<IReadOnlyList<Measurement>> RunAsync(TestBed bed, TrafficSize size)
    {
        List<double> gateway = [], direct = [], parallel = [], quantum = [], single = [], floor = [];
        Login classical = new(Algorithms.Classical, TestSessions.Light, _ => bed.Gateway.Clients);
        Login postQuantum = new(Algorithms.PostQuantum, TestSessions.PostQuantum, _ => bed.Gateway.Clients);
        await LogInAsync(bed, classical, WarmUp);
        await LogInAsync(bed, postQuantum, PostQuantumWarmUp);
        for (int run = 1; run <= size.Runs; run++)
        {
            Progress.Say($"logins: run {run} of {size.Runs}");
            floor.Add(await CryptoFloor.MillisecondsPerLoginAsync());
            direct.Add((await LogInAsync(bed, new Login(Algorithms.Classical, TestSessions.Light, bed.LightPod), size.Logins)).PerSecond);
            (double perSecond, double cpu) = await LogInAsync(bed, classical, size.Logins);
            gateway.Add(perSecond);
            parallel.Add(cpu);
            quantum.Add((await LogInAsync(bed, postQuantum, size.Logins)).ProxyMilliseconds);
            single.Add((await LogInAsync(bed, classical, size.Logins, atATime: 1)).ProxyMilliseconds);
        }
        return
        [
            new Measurement("logins, 16 at a time", "1/s", gateway, "direct", direct, 0.6, MoreIsBetter: true),
            new Measurement(ProcessorTime, "ms", parallel, CryptoFloor.Name, floor, 2.0),
            new Measurement(PostQuantumProcessorTime, "ms", quantum, "classical", parallel, 1.25),
            new Measurement("CPU of the proxy per login, one at a time", "ms", single, "16 at a time", parallel, 1.5),
        ];
    }

    private static async Task<(double PerSecond, double ProxyMilliseconds)> LogInAsync(TestBed bed, Login login, int logins, int atATime = TestSessions.Each)
    {
        double before = bed.Gateway.Process.CpuSeconds;
        long start = Stopwatch.GetTimestamp();
        await Workers.DoAsync(logins, async (_, worker) =>
        {
            await using LoadClient client = await LoadClient.LogInAsync(login.ServerOf(worker), login.UserOf(worker), bed.UserKey, login.KeyExchange);
        }, atATime);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Task.Delay(Aftermath);
        return (logins / seconds, 1000 * (bed.Gateway.Process.CpuSeconds - before) / logins);
    }

    private sealed record Login(string KeyExchange, Func<int, string> UserOf, Func<int, IPEndPoint> ServerOf);
}
