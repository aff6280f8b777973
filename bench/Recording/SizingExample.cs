using System.Globalization;

namespace SshGateway.Bench.Recording;

/// <summary>The formulas of docs/performance.md for one installation, with the limits that deploy/ sets.</summary>
internal static class SizingExample
{
    // deploy/base: Proxy__MaxConnections; the request that the autoscaler's percentage is of.
    private const int MaxConnections = 450;
    private const double CpuRequest = 0.25;
    private const double CpuTarget = 0.7;

    private const int Sessions = 5000;
    private const int Connections = 2000;
    private const int Typing = 500;
    private const int LoginsPerSecond = 20;
    private const double GiBPerSecond = 0.1;
    private const int ChangesPerSecond = 10;

    public static string Of(Costs costs)
    {
        double login = LoginsPerSecond * costs.PostQuantumLoginMilliseconds / 1000;
        double transfer = GiBPerSecond * costs.DownloadSeconds;
        double typing = Typing * CostTable.KeysPerSecond * costs.KeyMicroseconds / 1e6;
        double cores = login + transfer + typing;
        int byCpu = (int)Math.Ceiling(cores / (CpuRequest * CpuTarget));
        int byConnections = (int)Math.Ceiling((double)Connections / MaxConnections);
        int proxies = Math.Max(byCpu, byConnections) + 1;
        double idle = costs.ProxyMiB + (MaxConnections * costs.SessionKiB / 1024) + (Sessions * costs.EntryBytes / 1048576);
        return Text(
            $"""
            Example: {Sessions:n0} sessions; at the peak {Connections:n0} open connections, {Typing} of them typing, {LoginsPerSecond} logins (post-quantum)
            and {GiBPerSecond} GiB a second, {ChangesPerSecond} changes a second. The manifests in deploy/ allow {MaxConnections} connections per proxy, and the
            autoscaler adds a proxy above {CpuTarget * CpuRequest} cores per proxy.

                CPU             {LoginsPerSecond} × {costs.PostQuantumLoginMilliseconds:f2} ms + {GiBPerSecond} × {costs.DownloadSeconds:f2} s + {Typing * CostTable.KeysPerSecond:n0} × {costs.KeyMicroseconds:n0} µs = {cores:f2} cores
                by CPU          {cores:f2} ÷ ({CpuRequest} × {CpuTarget}) → {byCpu} {(byCpu == 1 ? "proxy" : "proxies")}
                by connections  {Connections:n0} ÷ {MaxConnections} → {byConnections} proxies
                proxies         max({byCpu}, {byConnections}) + 1 = {proxies}
                memory          {costs.ProxyMiB:n0} MiB + {MaxConnections} × {costs.SessionKiB:f1} KiB + {Sessions:n0} × {costs.EntryBytes:n0} bytes = {idle:n0} MiB per proxy if nobody stalls
                operator        {ChangesPerSecond} × ({costs.ChangeMilliseconds:f2} ms + {proxies} × {costs.ProxyMicroseconds:n0} µs) = {costs.OperatorCores(ChangesPerSecond, proxies):f3} cores

            """);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
