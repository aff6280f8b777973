using System.Diagnostics;
using SshGateway.Bench.Pieces;
using SshGateway.Bench.Report;

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
        List<Figure> figures = [];
        if (wanted.Any(part => part is not ("start" or "pieces")))
        {
            await using TestBed bed = await TestBed.StartAsync();
            if (Wants("login"))
            {
                figures.Add(await TransferFigures.LoginAsync(bed, size));
            }
            foreach (string cipher in new[] { "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com" })
            {
                if (Wants(cipher[..3]))
                {
                    figures.AddRange(await TransferFigures.TransferAsync(bed, size, cipher));
                }
            }
            if (Wants("latency"))
            {
                figures.AddRange(await LatencyFigures.IdleAsync(bed, size));
                figures.AddRange(await LatencyFigures.UnderLoadAsync(bed, size));
            }
            if (Wants("logins"))
            {
                figures.AddRange(await LoginFigures.RunAsync(bed, size));
            }
            if (Wants("passthrough"))
            {
                figures.AddRange(await PassthroughFigures.RunAsync(bed, size));
            }
            if (Wants("idle"))
            {
                figures.AddRange(await IdleFigures.RunAsync(bed, size));
            }
        }
        if (Wants("start"))
        {
            figures.Add(await StartAsync(size));
        }
        if (Wants("pieces"))
        {
            figures.AddRange(PiecesBench.Run());
        }
        Progress.Done();
        return new ResultFile(
            $"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores, .NET {Environment.Version}, medians of alternating runs, loopback", figures);
    }

    private static async Task<Figure> StartAsync(TrafficSize size)
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
        return new Figure($"start to ready with {OtherSessions:n0} sessions", "s", times, Aim: 1);
    }
}
