using System.Diagnostics;
using SshGateway.Bench.Reporting;

namespace SshGateway.Bench.Traffic;

/// <summary>What a recording costs, beside the same transfer without one.</summary>
internal static class RecordingMeasurements
{
    private const string Cipher = "aes128-gcm@openssh.com";

    // What a recorder still has to do when the client has seen the end.
    private static readonly TimeSpan Aftermath = TimeSpan.FromMilliseconds(200);

    public static async Task<IReadOnlyList<Measurement>> RunAsync(TestBed bed, TrafficSize size)
    {
        (List<double> Throughput, List<double> Cpu)[] runs = [.. TestSessions.OfSshd.Select(_ => (new List<double>(), new List<double>()))];
        // The first one warms up.
        for (int run = 0; run <= size.Runs; run++)
        {
            Progress.Say($"recording: run {run} of {size.Runs}");
            foreach ((int index, (string id, _, _)) in TestSessions.OfSshd.Index())
            {
                (double throughput, double cpu) = await DownloadAsync(bed, size.TransferMiB, id);
                if (run > 0)
                {
                    runs[index].Throughput.Add(throughput);
                    runs[index].Cpu.Add(cpu);
                }
            }
        }
        return
        [
            .. Enumerable.Range(1, runs.Length - 1).SelectMany(index => (Measurement[])
            [
                new($"throughput, download, recording {TestSessions.OfSshd[index].Recording}", "MiB/s", runs[index].Throughput, "not recorded", runs[0].Throughput, MoreIsBetter: true),
                new($"CPU of the proxy, download, recording {TestSessions.OfSshd[index].Recording}", "s/GiB", runs[index].Cpu, "not recorded", runs[0].Cpu),
            ]),
        ];
    }

    // Lines as programs print them.
    private static async Task<(double MiBPerSecond, double SecondsPerGiB)> DownloadAsync(TestBed bed, int mebibytes, string session)
    {
        string ssh = string.Join(' ', bed.Ssh(gateway: true, Cipher, session));
        double before = bed.Gateway.Process.CpuSeconds;
        long start = Stopwatch.GetTimestamp();
        using (Process shell = Process.Start("bash", ["-c", $"{ssh} 'yes a line of text as programs print it | head -c {mebibytes}M' 2>/dev/null | wc -c | grep -qx {mebibytes * 1024L * 1024}"]))
        {
            await shell.WaitForExitAsync();
            if (shell.ExitCode != 0)
            {
                throw new InvalidOperationException($"the download in the session {session} is not complete");
            }
        }
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Task.Delay(Aftermath);
        double cpu = bed.Gateway.Process.CpuSeconds - before;
        foreach (string file in Directory.GetFiles(bed.Recordings))
        {
            File.Delete(file);
        }
        return (mebibytes / seconds, cpu * 1024 / mebibytes);
    }
}
