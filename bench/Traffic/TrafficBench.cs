using System.Diagnostics;
using SshGateway.Bench.Micro;
using SshGateway.Bench.Reporting;

namespace SshGateway.Bench.Traffic;

/// <summary>What a client sees of the gateway, beside the same without it.</summary>
internal static class TrafficBench
{
    private const int OtherSessions = 10_000;

    public static async Task<ResultFile> RunAsync(TrafficSize size, string[] only)
    {
        string[] wanted = only.Length > 0 ? only : size.Parts;
        if (wanted.Except(TrafficSize.Full.Parts).FirstOrDefault() is { } unknown)
        {
            throw new ArgumentException($"there is no part {unknown}: {string.Join(", ", TrafficSize.Full.Parts)}");
        }
        bool Wants(string part) => wanted.Contains(part);
        List<Measurement> measurements = [];
        if (wanted.Any(part => part is not ("start" or "micro")))
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
            if (Wants("latency"))
            {
                measurements.AddRange(await LatencyMeasurements.IdleAsync(bed, size));
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
            measurements.Add(await StartAsync(size));
        }
        if (Wants("micro"))
        {
            measurements.AddRange(MicroBench.Run());
        }
        Progress.Done();
        return new ResultFile(
            $"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores, .NET {Environment.Version}, medians of alternating runs, loopback", measurements);
    }

    private static async Task<Measurement> StartAsync(TrafficSize size)
    {
        Progress.Say($"start with {OtherSessions} sessions");
        await using TestBed bed = await TestBed.StartAsync(OtherSessions);
        List<double> times = [];
        for (int run = 0; run < size.Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            await using Relay proxy = await bed.StartProxyAsync();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return new Measurement($"start to ready with {OtherSessions:n0} sessions", "s", times, Aim: 1);
    }
}
