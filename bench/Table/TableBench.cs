using System.Diagnostics;
using System.Globalization;
using SshGateway.Feed;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Bench.Table;

/// <summary>The proxy's table by itself: what a session takes of memory, and how long filling takes.</summary>
internal static class TableBench
{
    public static void Run()
    {
        Console.WriteLine("table: one ed25519 key for each session, no host keys, IPv4; bytes include everything that the table keeps alive");
        Measure(1000, SessionIds.Short, quiet: true);
        foreach (int sessions in new[] { 1000, 100_000, 1_000_000 })
        {
            Measure(sessions, SessionIds.Short, quiet: false);
        }
        Measure(1_000_000, SessionIds.Long, quiet: false);
    }

    private static void Measure(int sessions, SessionIds ids, bool quiet)
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
        if (!quiet)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {table.Count,9:N0} sessions, ids of {ids.Of(0).Length} characters: {bytes,6:F0} bytes per session, {bytesAfterUpdate:F0} after an update of all; decoded and filled in {filling.TotalSeconds:F2} s"));
        }
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
}
