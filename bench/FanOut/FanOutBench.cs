using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SshGateway.Bench.Processes;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Scale;
using SshGateway.Bench.Table;
using SshGateway.Feed;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.FanOut;

/// <summary>
/// What a change costs an operator with many proxies: its table and feed in a process of their own, the proxies' feed
/// clients and tables in this one, TLS and tokens between them.
/// </summary>
internal static partial class FanOutBench
{
    // Each session changes once, and there are so few that a thousand tables need little memory.
    private static readonly (int PerSecond, int Count)[] Rates = [(0, 20), (20, 80), (200, 400)];
    private static readonly int Sessions = Rates.Sum(rate => rate.Count);

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    // Longer than changes are collected for.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task RunAsync(string resultFile)
    {
        using var keys = new FeedKeys();
        List<FanOutResult.Fleet> fleets = [];
        foreach (int proxies in new[] { 100, 1000 })
        {
            fleets.Add(await MeasureAsync(proxies, keys));
        }
        Progress.Done();
        var result = new FanOutResult(Sessions, Environment.ProcessorCount, fleets);
        Print(result);
        JsonFile.Save(resultFile, result, FanOutJson.Default.FanOutResult);
    }

    private static async Task<FanOutResult.Fleet> MeasureAsync(int proxies, FeedKeys keys)
    {
        Progress.Say($"fan-out: {proxies} proxies connect");
        (BenchProcess source, Uri feed) = await SyntheticSource.StartAsync(Sessions, keys);
        await using (source)
        {
            await using var fleet = new ProxyFleet(proxies, feed, keys);
            (double resident, double cpu, long started) = (source.ResidentKiB, source.CpuSeconds, Stopwatch.GetTimestamp());
            await fleet.StartAsync();
            long synced = await fleet.SyncedAsync(1).WaitAsync(Limit);
            cpu = source.CpuSeconds - cpu;
            List<FanOutResult.Rate> changes = [];
            int next = 0;
            foreach ((int perSecond, int count) in Rates)
            {
                Progress.Say($"fan-out: {proxies} proxies, {count} changes, {perSecond} a second");
                changes.Add(await ChangeAsync(source, feed, fleet, Enumerable.Range(next, count), perSecond));
                next += count;
            }
            return new FanOutResult.Fleet(
                proxies, Stopwatch.GetElapsedTime(started, synced).TotalSeconds, cpu, (source.ResidentKiB - resident) / proxies, changes, fleet.Faults);
        }
    }

    private static async Task<FanOutResult.Rate> ChangeAsync(BenchProcess source, Uri feed, ProxyFleet fleet, IEnumerable<int> numbers, int perSecond)
    {
        (double cpu, double own, double sent) = (source.CpuSeconds, Environment.CpuUsage.TotalTime.TotalSeconds, await SentBytesAsync(feed.Port));
        var begun = new Dictionary<string, long>();
        var arrivals = new Dictionary<string, Task<long>>();
        long started = Stopwatch.GetTimestamp();
        foreach (int number in numbers)
        {
            if (perSecond > 0 && TimeSpan.FromSeconds((double)begun.Count / perSecond) - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } early)
            {
                await Task.Delay(early);
            }
            string id = SessionIds.Short.Of(number);
            arrivals[id] = fleet.ExpectAsync(id, EndpointState.NotReady);
            begun[id] = Stopwatch.GetTimestamp();
            await source.TellAsync(number.ToString(CultureInfo.InvariantCulture));
            if (perSecond == 0)
            {
                await arrivals[id].WaitAsync(Limit);
                await Task.Delay(Pause);
            }
        }
        await Task.WhenAll(arrivals.Values).WaitAsync(Limit);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        (cpu, own) = (source.CpuSeconds - cpu, Environment.CpuUsage.TotalTime.TotalSeconds - own);
        sent = await SentBytesAsync(feed.Port) - sent;
        double copies = (double)begun.Count * fleet.Count;
        return new FanOutResult.Rate(
            perSecond, Percentiles.Milliseconds(begun, arrivals.ToDictionary(arrival => arrival.Key, arrival => arrival.Value.Result)),
            sent / copies, 1e6 * cpu / copies, cpu / seconds, own / seconds);
    }

    // By the source's sockets; the kernel counts.
    private static async Task<double> SentBytesAsync(int port)
    {
        using Process ss = Process.Start(new ProcessStartInfo("ss", ["-tinH", "state", "established", $"sport = :{port}"]) { RedirectStandardOutput = true })!;
        string sockets = await ss.StandardOutput.ReadToEndAsync();
        await ss.WaitForExitAsync();
        return SentBytes().Matches(sockets).Sum(match => double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    private static void Print(FanOutResult result)
    {
        foreach (FanOutResult.Fleet fleet in result.Fleets)
        {
            Write($"fan-out to {fleet.Proxies} proxies, {result.Sessions} sessions, {result.Cores} cores for all:");
            Write($"  connected at once: all synchronized after {fleet.SyncSeconds:F1} s; operator {fleet.SyncCpuSeconds:F1} CPU-s, {fleet.KiBPerProxy:F0} KiB per proxy; {fleet.Faults} errors");
            foreach (FanOutResult.Rate rate in fleet.Changes)
            {
                Write($"  {(rate.PerSecond == 0 ? "single changes" : $"{rate.PerSecond} changes a second")}: in all tables after p50 {rate.ToTables.P50:F0} ms, p99 {rate.ToTables.P99:F0} ms; per change and proxy {rate.BytesPerChange:F0} bytes, operator {rate.MicrosecondsPerChange:F1} µs; cores: operator {rate.OperatorCores:F2}, proxies {rate.ProxyCores:F2}");
            }
        }
    }

    private static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\bbytes_sent:(\d+)")]
    private static partial Regex SentBytes();
}
