using System.Diagnostics;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Traffic.Raw;

namespace SshGateway.Bench.Traffic;

/// <summary>Bytes that the gateway does not look at, beside HAProxy between the same two ends.</summary>
internal static class PassthroughMeasurements
{
    // What a relay still has to do when the client has seen the end.
    private static readonly TimeSpan Aftermath = TimeSpan.FromMilliseconds(100);

    // Connections, until what they need is compiled for good.
    public const int WarmUp = 12000;

    public static string ProcessorTime(string way) => $"CPU of the proxy, {way}, passthrough";

    public static async Task<IReadOnlyList<Measurement>> RunAsync(TestBed bed, TrafficSize size)
    {
        await using Relay splicing = await bed.StartHaProxyAsync(splice: true);
        await using Relay copying = await bed.StartHaProxyAsync(splice: false);
        return
        [
            .. await TransferAsync([bed.Gateway, splicing, copying], size, upload: true),
            .. await TransferAsync([bed.Gateway, splicing, copying], size, upload: false),
            await ConnectionsAsync([bed.Gateway, splicing], size),
        ];
    }

    private static async Task<IReadOnlyList<Measurement>> TransferAsync(Relay[] relays, TrafficSize size, bool upload)
    {
        string way = upload ? "upload" : "download";
        (List<double> Throughput, List<double> Cpu)[] runs = [.. relays.Select(_ => (new List<double>(), new List<double>()))];
        // The first one warms up.
        for (int run = 0; run <= size.Runs; run++)
        {
            Progress.Say($"{way}, passthrough: run {run} of {size.Runs}");
            foreach ((int index, Relay relay) in relays.Index())
            {
                (double throughput, double cpu) = await MoveAsync(relay, size.PassthroughMiB, upload);
                if (run > 0)
                {
                    runs[index].Throughput.Add(throughput);
                    runs[index].Cpu.Add(cpu);
                }
            }
        }
        return
        [
            new Measurement($"throughput, {way}, passthrough", "MiB/s", runs[0].Throughput, relays[1].Name, runs[1].Throughput, 1, MoreIsBetter: true),
            new Measurement(ProcessorTime(way), "s/GiB", runs[0].Cpu, relays[1].Name, runs[1].Cpu, 0.7),
            new Measurement($"CPU of the proxy, {way}, passthrough, beside copying", "s/GiB", runs[0].Cpu, relays[2].Name, runs[2].Cpu),
        ];
    }

    private static async Task<(double MiBPerSecond, double SecondsPerGiB)> MoveAsync(Relay relay, int mebibytes, bool upload)
    {
        double before = relay.Process.CpuSeconds;
        long start = Stopwatch.GetTimestamp();
        using (RawClient client = await relay.ConnectAsync(0))
        {
            if (upload)
            {
                await client.UploadAsync(mebibytes * 1024L * 1024);
            }
            else
            {
                await client.DownloadAsync(mebibytes * 1024L * 1024);
            }
        }
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Task.Delay(Aftermath);
        return (mebibytes / seconds, (relay.Process.CpuSeconds - before) * 1024 / mebibytes);
    }

    private static async Task<Measurement> ConnectionsAsync(Relay[] relays, TrafficSize size)
    {
        List<double>[] cpu = [.. relays.Select(_ => new List<double>())];
        Progress.Say($"warming up: {WarmUp} passthrough connections");
        await ConnectAsync(relays[0], WarmUp);
        for (int run = 1; run <= size.Runs; run++)
        {
            Progress.Say($"passthrough connections: run {run} of {size.Runs}");
            foreach ((int index, Relay relay) in relays.Index())
            {
                double before = relay.Process.CpuSeconds;
                await ConnectAsync(relay, size.Connections);
                cpu[index].Add(1e6 * (relay.Process.CpuSeconds - before) / size.Connections);
            }
        }
        return new Measurement($"CPU of the proxy per passthrough connection, {TestSessions.Each} at a time", "µs", cpu[0], relays[1].Name, cpu[1], 1.8);
    }

    private static async Task ConnectAsync(Relay relay, int connections)
    {
        await Workers.DoAsync(connections, async (_, worker) =>
        {
            using RawClient client = await relay.ConnectAsync(worker);
            await client.DownloadAsync(1);
            await client.CloseAsync();
        });
        await Task.Delay(Aftermath);
    }
}
