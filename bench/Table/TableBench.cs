using System.Diagnostics;
using System.Globalization;
using SshGateway.Bench.Reporting;
using SshGateway.Feed;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Bench.Table;

/// <summary>
/// The proxy's table by itself: what a session takes of memory, and how long filling and a synchronization take. One
/// ed25519 key for each session, no host keys, IPv4.
/// </summary>
internal static class TableBench
{
    public static async Task RunAsync(string resultFile)
    {
        // Compiles what filling needs.
        Measure(1000, SessionIds.Short);
        List<TableSize> tables = [];
        foreach ((int sessions, SessionIds ids) in new[] { (1000, SessionIds.Short), (1_000_000, SessionIds.Short), (1_000_000, SessionIds.Long) })
        {
            Progress.Say($"table of {sessions} sessions");
            tables.Add(Measure(sessions, ids));
        }
        var result = new TableResult(tables, await SyncBench.RunAsync());
        Progress.Done();
        Print(result);
        JsonFile.Save(resultFile, result, TableJson.Default.TableResult);
    }

    public static void Fill(SessionTable table, int sessions, SessionIds ids, int uidSeed)
    {
        foreach (Entry entry in SyntheticSessions.Of(sessions, ids, uidSeed))
        {
            if (!EntryDecoding.TryDecode(entry, out SessionEntry? decoded, out string? problem))
            {
                throw new InvalidOperationException(problem);
            }
            table.Upsert(decoded);
        }
    }

    private static TableSize Measure(int sessions, SessionIds ids)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var table = new SessionTable();
        long started = Stopwatch.GetTimestamp();
        Fill(table, sessions, ids, uidSeed: 1);
        TimeSpan filling = Stopwatch.GetElapsedTime(started);
        double bytes = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / sessions;
        // Every session gets another pod, as the snapshot after a long outage would bring it.
        Fill(table, sessions, ids, uidSeed: 2);
        double bytesAfterUpdate = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / sessions;
        return new TableSize(table.Count, ids.Of(0).Length, bytes, bytesAfterUpdate, filling.TotalSeconds);
    }

    private static void Print(TableResult result)
    {
        Console.WriteLine("proxy's table:");
        foreach (TableSize table in result.Tables)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {table.Sessions,9:N0} sessions, ids of {table.IdLength} characters: {table.BytesPerSession,6:F0} bytes per session, {table.BytesAfterUpdate:F0} after an update of all; decoded and filled in {table.FillSeconds:F2} s"));
        }
        SyncResult sync = result.Sync;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {sync.Sessions:N0} sessions synchronized after {sync.Seconds:F1} s, {sync.Faults} errors; proxy {sync.ProxyCpuSeconds:F1} CPU-s, operator {sync.OperatorCpuSeconds:F1}; operator {sync.OperatorMiB:F0} MiB"));
    }
}
