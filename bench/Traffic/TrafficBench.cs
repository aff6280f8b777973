using System.Diagnostics;
using System.Globalization;
using SshGateway.Bench.Micro;
using SshGateway.Bench.Reporting;

namespace SshGateway.Bench.Traffic;

/// <summary>What a client sees of the gateway, beside the same without it.</summary>
internal static class TrafficBench
{
    public const string ProxyMemory = "memory of a proxy without sessions, resident";

    private const int OtherSessions = 10_000;

    // What belongs to the start has been done by then.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    public static async Task<ResultFile> RunAsync(TrafficSize size, string[] only)
    {
        string[] wanted = only.Length > 0 ? only : size.Parts;
        if (wanted.Except(TrafficSize.Full.Parts).FirstOrDefault() is { } unknown)
        {
            throw new ArgumentException($"there is no part {unknown}: {string.Join(", ", TrafficSize.Full.Parts)}");
        }
        bool Wants(string part) => wanted.Contains(part);
        List<Measurement> measurements = [];
        if (wanted.Any(part => part is not ("start" or "kex" or "micro")))
        {
            await using TestBed bed = await TestBed.StartAsync();
            if (Wants("login"))
            {
                measurements.Add(await TransferMeasurements.LoginAsync(bed, size));
            }
            foreach (string cipher in new[] { "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com" })
            {
                if (Wants(cipher[..3]))
                {
                    measurements.AddRange(await TransferMeasurements.TransferAsync(bed, size, cipher));
                }
            }
            if (Wants("recording"))
            {
                measurements.AddRange(await RecordingMeasurements.RunAsync(bed, size));
            }
            if (Wants("latency"))
            {
                measurements.AddRange(await LatencyMeasurements.IdleAsync(bed, size));
                measurements.AddRange(await LatencyMeasurements.TypingAsync(bed, size));
                measurements.AddRange(await LatencyMeasurements.UnderLoadAsync(bed, size));
            }
            if (Wants("logins"))
            {
                measurements.AddRange(await LoginMeasurements.RunAsync(bed, size));
            }
            if (Wants("passthrough"))
            {
                measurements.AddRange(await PassthroughMeasurements.RunAsync(bed, size));
            }
            if (Wants("idle"))
            {
                measurements.AddRange(await IdleMeasurements.RunAsync(bed, size));
            }
        }
        if (Wants("start"))
        {
            measurements.AddRange(await StartAsync(size));
        }
        if (Wants("kex"))
        {
            measurements.AddRange(await KeyExchangeMeasurements.RunAsync(size.Runs));
        }
        if (Wants("micro"))
        {
            measurements.AddRange(MicroBench.Run());
        }
        Progress.Done();
        return new ResultFile(
            $"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores, .NET {Environment.Version}, medians of alternating runs, loopback", measurements);
    }

    private static async Task<IReadOnlyList<Measurement>> StartAsync(TrafficSize size)
    {
        (List<double> times, List<double> proportional, List<double> resident) = await StartAsync(size, 0);
        (List<double> timesWithMany, _, _) = await StartAsync(size, OtherSessions);
        return
        [
            new Measurement("start to ready", "s", times, Aim: 0.4),
            new Measurement(string.Create(CultureInfo.InvariantCulture, $"start to ready with {OtherSessions:n0} sessions"), "s", timesWithMany, Aim: 1),
            new Measurement("memory of a proxy without sessions", "MiB", proportional, Aim: 45),
            new Measurement(ProxyMemory, "MiB", resident),
        ];
    }

    private static async Task<(List<double> Seconds, List<double> ProportionalMiB, List<double> ResidentMiB)> StartAsync(TrafficSize size, int otherSessions)
    {
        await using TestBed bed = await TestBed.StartAsync(otherSessions);
        List<double> seconds = [], proportional = [], resident = [];
        for (int run = 1; run <= size.Runs; run++)
        {
            Progress.Say($"start with {otherSessions} other sessions: run {run} of {size.Runs}");
            long start = Stopwatch.GetTimestamp();
            await using Relay proxy = await bed.StartProxyAsync();
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            await Task.Delay(Settling);
            proportional.Add(proxy.Process.ProportionalKiB / 1024);
            resident.Add(proxy.Process.ResidentKiB / 1024);
        }
        return (seconds, proportional, resident);
    }
}
