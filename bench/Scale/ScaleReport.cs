using System.Globalization;

namespace SshGateway.Bench.Scale;

/// <summary>The measurements as lines.</summary>
internal static class ScaleReport
{
    public static void Print(ScaleResult r)
    {
        Write($"operator on an API server, {r.Sessions} sessions and pods, {r.Proxies} proxies, {r.Cores} cores for all:");
        Write($"  {r.Alone.PerSecond:F0} changes a second without an operator: from the pod's patch to the API server's event at a separate watcher {Text(r.Alone.ToWatcher)}; to its response {Text(r.Alone.ToAnswer)}");
        Write($"    cores: {Cores(r.Alone.CoresBusy)}");
        Write($"  start: listed after {r.Start.ListSeconds:F1} s, first complete snapshot at a feed client {r.Start.SnapshotSeconds:F1} s, all status {r.Start.StatusSeconds:F1} s; operator {r.Start.ResidentMiB:F0} MiB, at most {r.Start.PeakMiB:F0} MiB");
        Print("initial sync", r.Sync);
        Print("new synchronization after the operator failed", r.Resync);
        Print($"{r.Idle.Changes} single changes", r.Idle);
        Print($"{r.Busy.PerSecond:F0} changes a second", r.Busy);
        Write($"  {r.Burst.Sessions} sessions created at once ({r.Burst.CreateSeconds:F1} s): all tables complete after {r.Burst.TableSeconds:F1} s, all status {r.Burst.StatusSeconds:F1} s; create to entry {Text(r.Burst.Entry)}");
        Write($"  at the end: {r.End.Entries} entries; {r.End.OtherTables} of {r.Proxies} tables differ from the operator's; {r.End.Faults} errors");
    }

    private static void Print(string name, ScaleResult.SyncPart part) => Write(
        $"  {name}: all synchronized after {part.Seconds:F1} s; operator {part.OperatorCpuSeconds:F1} CPU-s, {part.ResidentMiB:F0} MiB, at most {part.PeakMiB:F0} MiB");

    private static void Print(string name, ScaleResult.ChangesPart part)
    {
        Write($"  {name}, from the pod's patch to the entry in all tables: {Text(part.ToTables)}");
        Write($"    of these, to the API server's event at a separate watcher {Text(part.ToWatcher)}; from there {Text(part.FromWatcher)}; to its response to the patch {Text(part.ToAnswer)}");
        Write($"    cores: {Cores(part.CoresBusy)}");
    }

    private static string Cores(IReadOnlyDictionary<string, double> busy) =>
        string.Join(", ", busy.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key} {c.Value:F2}")));

    private static string Text(Percentiles p) => string.Create(CultureInfo.InvariantCulture, $"p50 {p.P50:F0} ms, p99 {p.P99:F0} ms, maximum {p.Longest:F0} ms");

    private static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
