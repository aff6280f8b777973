using System.Diagnostics;
using SshGateway.Bench.Report;
using SshGateway.Bench.Traffic.Ssh;

namespace SshGateway.Bench.Traffic;

/// <summary>A byte to the light upstream and back.</summary>
internal static class LatencyFigures
{
    private const int WarmUp = 2000;
    private static readonly TimeSpan BulkRampUp = TimeSpan.FromSeconds(1);

    /// <summary>What the gateway adds, while nothing else goes on.</summary>
    public static async Task<IReadOnlyList<Figure>> IdleAsync(TestBed bed, TrafficSize size)
    {
        Runs runs = await MeasureAsync(bed, size, bulk: false, "round trip");
        return
        [
            new Figure("round trip added, p50", "µs", Difference(runs.Gateway50, runs.Direct50), Aim: 60),
            new Figure("round trip added, p99", "µs", Difference(runs.Gateway99, runs.Direct99), Aim: 150),
            new Figure("round trip, p50", "µs", runs.Gateway50, "direct", runs.Direct50),
        ];
    }

    /// <summary>While an upload runs the same way.</summary>
    public static async Task<IReadOnlyList<Figure>> UnderLoadAsync(TestBed bed, TrafficSize size)
    {
        Runs runs = await MeasureAsync(bed, size, bulk: true, "round trip beside an upload");
        return
        [
            new Figure("round trip beside an upload, p50", "µs", runs.Gateway50, "direct", runs.Direct50, 2),
            new Figure("round trip beside an upload, p99", "µs", runs.Gateway99, "direct", runs.Direct99),
        ];
    }

    private static async Task<Runs> MeasureAsync(TestBed bed, TrafficSize size, bool bulk, string name)
    {
        await using LoadClient direct = await LoadClient.LogInAsync(bed.LightPod(0), "light", bed.UserKey);
        await using LoadClient gateway = await LoadClient.LogInAsync(bed.Gateway.Clients, TestSessions.Light(0), bed.UserKey);
        foreach (LoadClient client in new[] { direct, gateway })
        {
            await client.OpenEchoAsync();
            await RoundTripsAsync(client, WarmUp);
        }
        var runs = new Runs([], [], [], []);
        for (int run = 1; run <= size.Runs; run++)
        {
            Progress.Say($"{name}: run {run} of {size.Runs}");
            double[] past = await RunAsync(bed, direct, size.RoundTrips, bulk, throughGateway: false);
            double[] through = await RunAsync(bed, gateway, size.RoundTrips, bulk, throughGateway: true);
            runs.Direct50.Add(Percentile(past, 50));
            runs.Direct99.Add(Percentile(past, 99));
            runs.Gateway50.Add(Percentile(through, 50));
            runs.Gateway99.Add(Percentile(through, 99));
        }
        return runs;
    }

    private static async Task<double[]> RunAsync(TestBed bed, LoadClient client, int count, bool bulk, bool throughGateway)
    {
        if (!bulk)
        {
            return await RoundTripsAsync(client, count);
        }
        using Process upload = TransferFigures.StartEndlessUpload(bed, throughGateway);
        try
        {
            await Task.Delay(BulkRampUp);
            return await RoundTripsAsync(client, count / 4);
        }
        finally
        {
            upload.Kill(entireProcessTree: true);
            await upload.WaitForExitAsync();
        }
    }

    // Microseconds.
    private static async Task<double[]> RoundTripsAsync(LoadClient client, int count)
    {
        double[] times = new double[count];
        for (int index = 0; index < count; index++)
        {
            long start = Stopwatch.GetTimestamp();
            await client.RoundTripAsync();
            times[index] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        return times;
    }

    private static double Percentile(double[] times, int percent)
    {
        Array.Sort(times);
        return times[times.Length * percent / 100];
    }

    private static List<double> Difference(List<double> gateway, List<double> direct) => [.. gateway.Zip(direct, (through, past) => through - past)];

    private sealed record Runs(List<double> Gateway50, List<double> Gateway99, List<double> Direct50, List<double> Direct99);
}
