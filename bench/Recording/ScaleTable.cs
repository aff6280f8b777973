using System.Globalization;
using SshGateway.Bench.FanOut;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Scale;
using SshGateway.Bench.Table;

namespace SshGateway.Bench.Recording;

/// <summary>Operator and feed with many sessions and many proxies.</summary>
internal static class ScaleTable
{
    public static string Of(Results results, Costs costs) =>
        Report.Table(["", "result"], ["---", "---"], [.. ClusterRows(results.Scale), .. results.FanOut.Fleets.SelectMany(FleetRows), .. LimitRows(results, costs), .. TableRows(results.Table)]);

    private static IEnumerable<string[]> ClusterRows(ScaleResult scale)
    {
        string size = Text($"{scale.Sessions:n0} sessions and pods, {scale.Proxies} proxies, API server");
        yield return Row($"{size}: operator starts → first snapshot; → status of all written", $"{scale.Start.SnapshotSeconds:f1} s; {scale.Start.StatusSeconds:n0} s");
        yield return Row($"… all proxies connect at once; new operator after a crash → all in step", $"{scale.Sync.Seconds:f1} s, {scale.Sync.OperatorCpuSeconds:f1} CPU-s; {scale.Resync.Seconds:f1} s, {scale.Resync.OperatorCpuSeconds:f1} CPU-s");
        yield return Row($"… single change: pod patched → in all tables; of this, the API server", $"{Of(scale.Idle.ToTables)}; {Of(scale.Idle.ToWatcher)}");
        yield return Row($"… {scale.Busy.PerSecond:n0} changes a second: the same", $"{Of(scale.Busy.ToTables)}; {Of(scale.Busy.ToWatcher)}");
        yield return Row($"… cores meanwhile, of {scale.Cores}", $"{string.Join("; ", scale.Busy.CoresBusy.Select(busy => Text($"{busy.Key} {busy.Value:f2}")))}");
        yield return Row($"… {scale.Burst.Sessions:n0} sessions created in {scale.Burst.CreateSeconds:f1} s → in all tables; → status written", $"{scale.Burst.TableSeconds:f1} s; {scale.Burst.StatusSeconds:f1} s");
        yield return Row($"… at the end: tables that differ from the operator's; errors", $"{scale.End.OtherTables}; {scale.End.Faults}");
    }

    private static IEnumerable<string[]> FleetRows(FanOutResult.Fleet fleet)
    {
        yield return Row($"{fleet.Proxies:n0} proxies, table and feed only: all connect at once → in step", $"{fleet.SyncSeconds:f1} s, {fleet.SyncCpuSeconds:f1} CPU-s of the operator");
        foreach (FanOutResult.Rate rate in fleet.Changes)
        {
            string what = rate.PerSecond == 0 ? "single change" : Text($"{rate.PerSecond} changes a second");
            yield return Row(
                $"… {what} → in all tables; operator's CPU, bytes per change and proxy; cores of operator, proxies",
                $"{Of(rate.ToTables)}; {rate.MicrosecondsPerChange:n0} µs, {rate.BytesPerChange:n0} bytes; {rate.OperatorCores:f2}, {rate.ProxyCores:f2}");
        }
    }

    private static IEnumerable<string[]> LimitRows(Results results, Costs costs)
    {
        FanOutResult.Rate busiest = costs.Largest.Changes[^1];
        yield return Row(
            $"limit of an operator with one core and {costs.Largest.Proxies:n0} proxies, by the formula; at {busiest.PerSecond} changes a second it uses",
            $"{1 / costs.OperatorCores(1, costs.Largest.Proxies):n0} separate changes a second; {(busiest.PerSecond * costs.ChangeMilliseconds / 1000) + (busiest.PerSecond * costs.Largest.Proxies * busiest.MicrosecondsPerChange / 1e6):f1} cores");
    }

    private static IEnumerable<string[]> TableRows(TableResult table)
    {
        TableSize[] largest = [.. table.Tables.Where(size => size.Sessions == table.Sync.Sessions)];
        yield return Row(
            $"proxy's table of {table.Sync.Sessions:n0} sessions: ids of {string.Join("; ", largest.Select(size => size.IdLength))} characters",
            $"{string.Join("; ", largest.Select(size => Text($"{size.BytesPerSession:n0}")))} bytes per session");
        yield return Row(
            $"… first synchronization; CPU time of proxy, operator; memory of the operator",
            $"{table.Sync.Seconds:f1} s; {table.Sync.ProxyCpuSeconds:f1} s, {table.Sync.OperatorCpuSeconds:f1} s; {table.Sync.OperatorMiB:n0} MiB");
    }

    private static string Of(Percentiles times) => Text($"p50 {times.P50:n0} / p99 {times.P99:n0} ms");

    private static string[] Row(params FormattableString[] cells) => [.. cells.Select(Text)];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
