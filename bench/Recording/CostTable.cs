using System.Globalization;
using SshGateway.Bench.Reporting;

namespace SshGateway.Bench.Recording;

/// <summary>What the gateway costs, in the units that an installation is sized with.</summary>
internal static class CostTable
{
    // Of somebody who types all the time.
    public const int KeysPerSecond = 5;

    public static string Of(Results results, Costs costs) => Report.Table(["", "measured", "for sizing"], ["---", "---", "---"], Rows(results, costs)) + $"\n{results.Traffic.Made}\n";

    private static IEnumerable<string[]> Rows(Results results, Costs costs)
    {
        yield return Row($"a login", $"{costs.LoginMilliseconds:f2} ms of CPU", $"{1000 / costs.LoginMilliseconds:n0} logins per second and core");
        yield return Row($"a login, post-quantum on both legs", $"{costs.PostQuantumLoginMilliseconds:f2} ms of CPU", $"{1000 / costs.PostQuantumLoginMilliseconds:n0} logins per second and core");
        yield return Row($"a typed character and its echo", $"{costs.KeyMicroseconds:n0} µs of CPU", $"{1e6 / costs.KeyMicroseconds / KeysPerSecond:n0} sessions per core, each with {KeysPerSecond} characters a second");
        yield return Row($"transfer, upload; download", $"{costs.UploadSeconds:f2}; {costs.DownloadSeconds:f2} s of CPU per GiB", $"{1 / costs.UploadSeconds:f2}; {1 / costs.DownloadSeconds:f2} GiB per core-second");
        yield return Row($"transfer by passthrough, upload; download", $"{costs.PassthroughUploadSeconds:f2}; {costs.PassthroughDownloadSeconds:f2} s of CPU per GiB", $"{1 / costs.PassthroughUploadSeconds:f2}; {1 / costs.PassthroughDownloadSeconds:f2} GiB per core-second");
        yield return Row($"memory of a proxy", $"{costs.ProxyMiB:n0} MiB", $"{costs.SessionKiB * 1000 / 1024:f1} MiB more for 1,000 idle sessions");
        yield return Row($"table of a proxy", $"{costs.EntryBytes:n0} bytes per session", $"{costs.EntryBytes * 10_000 / 1048576:f1} MiB for 10,000 sessions in the cluster");
        yield return Row($"memory of an operator, {results.Scale.Sessions:n0} sessions and pods", $"{results.Scale.Start.ResidentMiB:n0} MiB; at most {Peak(results):n0} MiB", $"{costs.ProxyKiB:n0} KiB more for each proxy");
        yield return Row($"a change of a session or pod", $"{costs.ChangeMilliseconds:f2} ms of the operator's CPU, {costs.ProxyMicroseconds:n0} µs more for each proxy", $"{1 / costs.OperatorCores(1, 10):n0} changes per second and core with 10 proxies, {1 / costs.OperatorCores(1, 100):n0} with 100, {1 / costs.OperatorCores(1, 1000):n0} with 1,000");
        yield return Row($"the same on the network", $"{costs.Largest.Changes[0].BytesPerChange:n0} bytes to each proxy", $"{costs.Largest.Changes[0].BytesPerChange * 1000 / 1024:n0} KiB with 1,000 proxies");
    }

    public static double Peak(Results results) => Math.Max(Math.Max(results.Scale.Start.PeakMiB, results.Scale.Sync.PeakMiB), results.Scale.Resync.PeakMiB);

    private static string[] Row(params FormattableString[] cells) => [.. cells.Select(cell => cell.ToString(CultureInfo.InvariantCulture))];
}
