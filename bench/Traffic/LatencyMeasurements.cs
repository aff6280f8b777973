using System.Diagnostics;
using System.Net;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Traffic.Ssh;

namespace SshGateway.Bench.Traffic;

/// <summary>A byte to the light upstream and back.</summary>
internal static class LatencyMeasurements
{
    public const string KeyProcessorTime = "CPU of the proxy per typed character, 16 sessions";

    private const int WarmUp = 2000;
    private const string UploadCipher = "aes128-gcm@openssh.com";

    // A machine has moments in which a sleeping core takes four times as long to wake: each way gets its share of them.
    private const int Turns = 10;

    // Faster than anybody types, and long enough for each core to fall asleep.
    private static readonly TimeSpan KeyInterval = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan BulkRampUp = TimeSpan.FromSeconds(1);

    /// <summary>What the gateway adds, while nothing else goes on.</summary>
    public static async Task<IReadOnlyList<Measurement>> IdleAsync(TestBed bed, TrafficSize size)
    {
        await using LoadClient direct = await EchoAsync(bed.LightPod(0), "light", bed);
        await using LoadClient gateway = await EchoAsync(bed.Gateway.Clients, TestSessions.Light(0), bed);
        await using Relay haProxy = await bed.StartHaProxyAsync(bed.LightPod(0));
        await using LoadClient relay = await EchoAsync(haProxy.Clients, "light", bed);
        List<double> direct50 = [], direct99 = [], gateway50 = [], gateway99 = [], relay50 = [];
        for (int run = 1; run <= size.Runs; run++)
        {
            Progress.Say($"round trip: run {run} of {size.Runs}");
            List<double> past = [], through = [], relayed = [];
            for (int turn = 0; turn < Turns; turn++)
            {
                past.AddRange(await RoundTripsAsync(direct, size.RoundTrips / Turns));
                through.AddRange(await RoundTripsAsync(gateway, size.RoundTrips / Turns));
                relayed.AddRange(await RoundTripsAsync(relay, size.RoundTrips / Turns));
            }
            direct50.Add(Percentile(past, 50));
            direct99.Add(Percentile(past, 99));
            gateway50.Add(Percentile(through, 50));
            gateway99.Add(Percentile(through, 99));
            relay50.Add(Percentile(relayed, 50));
        }
        return
        [
            new Measurement("round trip added, p50", "µs", Difference(gateway50, direct50), Aim: 60),
            new Measurement("round trip added, p99", "µs", Difference(gateway99, direct99), Aim: 150),
            new Measurement("round trip added, p50, beside a relay's", "µs", Difference(gateway50, direct50), HaProxy.Copying, Difference(relay50, direct50)),
            new Measurement("round trip, p50", "µs", gateway50, "direct", direct50),
        ];
    }

    /// <summary>What the gateway adds to a character now and then, and what many who type cost.</summary>
    public static async Task<IReadOnlyList<Measurement>> TypingAsync(TestBed bed, TrafficSize size)
    {
        await using LoadClient direct = await EchoAsync(bed.LightPod(0), "light", bed);
        await using Relay haProxy = await bed.StartHaProxyAsync(bed.LightPod(0));
        await using LoadClient relay = await EchoAsync(haProxy.Clients, "light", bed);
        LoadClient[] typists = await Task.WhenAll(Enumerable.Range(0, TestSessions.Each).Select(number => EchoAsync(bed.Gateway.Clients, TestSessions.Light(number), bed)));
        List<double> direct50 = [], gateway50 = [], relay50 = [], cpu = [];
        for (int run = 1; run <= size.Runs; run++)
        {
            Progress.Say($"typing: run {run} of {size.Runs}");
            List<double> past = [], through = [], relayed = [];
            for (int turn = 0; turn < Turns; turn++)
            {
                past.AddRange(await RoundTripsAsync(direct, size.Keys / Turns, KeyInterval));
                through.AddRange(await RoundTripsAsync(typists[0], size.Keys / Turns, KeyInterval));
                relayed.AddRange(await RoundTripsAsync(relay, size.Keys / Turns, KeyInterval));
            }
            direct50.Add(Percentile(past, 50));
            gateway50.Add(Percentile(through, 50));
            relay50.Add(Percentile(relayed, 50));
            double before = bed.Gateway.Process.CpuSeconds;
            await Task.WhenAll(typists.Select(typist => RoundTripsAsync(typist, size.Keys, KeyInterval)));
            cpu.Add(1e6 * (bed.Gateway.Process.CpuSeconds - before) / (size.Keys * typists.Length));
        }
        foreach (LoadClient typist in typists)
        {
            await typist.DisposeAsync();
        }
        return
        [
            new Measurement("round trip added, typing, p50", "µs", Difference(gateway50, direct50), Aim: 40),
            new Measurement("round trip added, typing, p50, beside a relay's", "µs", Difference(gateway50, direct50), HaProxy.Copying, Difference(relay50, direct50)),
            new Measurement("round trip, typing, p50", "µs", gateway50, "direct", direct50),
            new Measurement(KeyProcessorTime, "µs", cpu),
        ];
    }

    /// <summary>While an upload runs the same way.</summary>
    public static async Task<IReadOnlyList<Measurement>> UnderLoadAsync(TestBed bed, TrafficSize size)
    {
        await using LoadClient direct = await EchoAsync(bed.LightPod(0), "light", bed);
        await using LoadClient gateway = await EchoAsync(bed.Gateway.Clients, TestSessions.Light(0), bed);
        // One for each: a process has one upstream.
        await using Relay uploads = await bed.StartHaProxyAsync(bed.StockPod);
        await using Relay echoes = await bed.StartHaProxyAsync(bed.LightPod(0));
        await using LoadClient relay = await EchoAsync(echoes.Clients, "light", bed);
        List<double> direct50 = [], direct99 = [], gateway50 = [], gateway99 = [], relay50 = [], relay99 = [];
        for (int run = 1; run <= size.Runs; run++)
        {
            Progress.Say($"round trip beside an upload: run {run} of {size.Runs}");
            List<double> past = await BesideAnUploadAsync(bed.Ssh(gateway: false, UploadCipher), direct, size.RoundTrips / 4);
            List<double> through = await BesideAnUploadAsync(bed.Ssh(gateway: true, UploadCipher), gateway, size.RoundTrips / 4);
            List<double> relayed = await BesideAnUploadAsync(bed.Ssh(uploads.Clients, UploadCipher), relay, size.RoundTrips / 4);
            direct50.Add(Percentile(past, 50));
            direct99.Add(Percentile(past, 99));
            gateway50.Add(Percentile(through, 50));
            gateway99.Add(Percentile(through, 99));
            relay50.Add(Percentile(relayed, 50));
            relay99.Add(Percentile(relayed, 99));
        }
        return
        [
            new Measurement("round trip beside an upload, p50", "µs", gateway50, "direct", direct50, 1.5),
            new Measurement("round trip beside an upload, p99", "µs", gateway99, "direct", direct99, 1.5),
            new Measurement("round trip beside an upload, p50, beside a relay's", "µs", gateway50, HaProxy.Copying, relay50),
            new Measurement("round trip beside an upload, p99, beside a relay's", "µs", gateway99, HaProxy.Copying, relay99),
        ];
    }

    // Warm.
    private static async Task<LoadClient> EchoAsync(IPEndPoint server, string user, TestBed bed)
    {
        LoadClient client = await LoadClient.LogInAsync(server, user, bed.UserKey);
        await client.OpenEchoAsync();
        await RoundTripsAsync(client, WarmUp);
        return client;
    }

    private static async Task<List<double>> BesideAnUploadAsync(string[] ssh, LoadClient client, int count)
    {
        using Process upload = TransferMeasurements.StartEndlessUpload(ssh);
        try
        {
            await Task.Delay(BulkRampUp);
            return await RoundTripsAsync(client, count);
        }
        finally
        {
            upload.Kill(entireProcessTree: true);
            await upload.WaitForExitAsync();
        }
    }

    // Microseconds.
    private static async Task<List<double>> RoundTripsAsync(LoadClient client, int count, TimeSpan? pause = null)
    {
        var times = new List<double>(count);
        for (int index = 0; index < count; index++)
        {
            if (pause is { } interval)
            {
                await Task.Delay(interval);
            }
            long start = Stopwatch.GetTimestamp();
            await client.RoundTripAsync();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
        return times;
    }

    private static double Percentile(List<double> times, int percent)
    {
        times.Sort();
        return times[times.Count * percent / 100];
    }

    private static List<double> Difference(List<double> gateway, List<double> direct) => [.. gateway.Zip(direct, (through, past) => through - past)];
}
