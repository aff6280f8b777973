using System.Diagnostics;
using SshGateway.Bench.Reporting;

namespace SshGateway.Bench.Traffic;

/// <summary>Bulk data and whole logins with the stock ssh and sshd.</summary>
internal static class TransferMeasurements
{
    public static async Task<IReadOnlyList<Measurement>> TransferAsync(TestBed bed, TrafficSize size, string cipher)
    {
        List<double> floor = [];
        // Throughput of direct, and seconds of the proxy's CPU for a GiB.
        Way[] ways = [new("upload", IsUpload: true, (0.85, 1.10)), new("download", IsUpload: false, (0.90, 1.05))];
        // The first one warms up.
        for (int run = 0; run <= size.Runs; run++)
        {
            Progress.Say($"{cipher}: run {run} of {size.Runs}");
            if (run > 0)
            {
                floor.Add(await CryptoFloor.SecondsPerGiBAsync(cipher));
            }
            foreach (Way way in ways)
            {
                double direct = await MoveAsync(bed, size, cipher, way.IsUpload, throughGateway: false);
                double before = bed.Gateway.Process.CpuSeconds;
                double gateway = await MoveAsync(bed, size, cipher, way.IsUpload, throughGateway: true);
                if (run > 0)
                {
                    way.Direct.Add(direct);
                    way.Gateway.Add(gateway);
                    way.Cpu.Add((bed.Gateway.Process.CpuSeconds - before) / (size.TransferMiB / 1024.0));
                }
            }
        }
        bool isGcm = cipher.StartsWith("aes", StringComparison.Ordinal);
        return [.. ways.SelectMany(way => way.Measurements(cipher.Split('@')[0], isGcm, floor))];
    }

    public static async Task<Measurement> LoginAsync(TestBed bed, TrafficSize size)
    {
        const string Cipher = "aes128-gcm@openssh.com";
        List<double> gateway = [], direct = [];
        for (int run = 0; run <= size.SshLogins; run++)
        {
            Progress.Say($"ssh host true: {run} of {size.SshLogins}");
            double directly = await TimeAsync([.. bed.Ssh(gateway: false, Cipher), "true"]);
            double through = await TimeAsync([.. bed.Ssh(gateway: true, Cipher), "true"]);
            // The first one warms up.
            if (run > 0)
            {
                direct.Add(1000 * directly);
                gateway.Add(1000 * through);
            }
        }
        return new Measurement("ssh host true", "ms", gateway, "direct", direct, 0.6);
    }

    /// <summary>An upload through the gateway, or past it, that goes on until it is disposed.</summary>
    public static Process StartEndlessUpload(string[] ssh) => StartShell($"cat /dev/zero | {string.Join(' ', ssh)} 'cat >/dev/null'");

    // MiB per second.
    private static async Task<double> MoveAsync(TestBed bed, TrafficSize size, string cipher, bool upload, bool throughGateway)
    {
        string ssh = string.Join(' ', bed.Ssh(throughGateway, cipher));
        long start = Stopwatch.GetTimestamp();
        using Process shell = StartShell(upload
            ? $"head -c {size.TransferMiB}M /dev/zero | {ssh} 'cat >/dev/null'"
            : $"{ssh} 'head -c {size.TransferMiB}M /dev/zero' >/dev/null");
        await EndAsync(shell);
        return size.TransferMiB / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> TimeAsync(string[] command)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true })!;
        process.StandardInput.Close();
        await EndAsync(process);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Process StartShell(string script) => Process.Start("bash", ["-o", "pipefail", "-c", script]);

    private static async Task EndAsync(Process process)
    {
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} ended with {process.ExitCode}");
        }
    }

    public static string ProcessorTime(string way, string cipher) => $"CPU of the proxy, {way}, {cipher}";

    private sealed record Way(string Name, bool IsUpload, (double Throughput, double Cpu) Aims)
    {
        public List<double> Gateway { get; } = [];

        public List<double> Direct { get; } = [];

        public List<double> Cpu { get; } = [];

        public Measurement[] Measurements(string cipher, bool hasAims, List<double> floor) =>
        [
            new($"throughput, {Name}, {cipher}", "MiB/s", Gateway, "direct", Direct, hasAims ? Aims.Throughput : null, MoreIsBetter: true),
            new(ProcessorTime(Name, cipher), "s/GiB", Cpu, CryptoFloor.Name, floor, hasAims ? Aims.Cpu : 2.4, AimsAtValue: hasAims),
        ];
    }
}
