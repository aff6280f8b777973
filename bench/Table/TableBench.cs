using System.Diagnostics;
using System.Globalization;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Table;
using SshGateway.Shared.Protos;

namespace SshGateway.Bench.Table;

/// <summary>The proxy's table by itself: memory of a session, and the cost of a look-up, from one session to a million.</summary>
internal static class TableBench
{
    private const int Lookups = 2_000_000;
    private const int DifferentIds = 100_000;

    public static void Run()
    {
        Console.WriteLine("table: one ed25519 key for each session, no host keys, IPv4; bytes are all that the table keeps alive");
        Measure(1000, SessionIds.Short, quiet: true);
        foreach (int sessions in new[] { 1, 1000, 100_000, 1_000_000 })
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
        (double nanoseconds, double allocated) = LookUp(table, sessions, ids);
        if (!quiet)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {table.Count,9:N0} sessions, ids of {ids.Of(0).Length} characters: {bytes,6:F0} bytes each, {bytesAfterUpdate:F0} after an update of all; look-up {nanoseconds:F0} ns, {allocated:F3} bytes allocated; decoded and filled in {filling.TotalSeconds:F2} s"));
        }
    }

    private static void Fill(SessionTable table, int sessions, SessionIds ids, int uidSeed)
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

    private static (double Nanoseconds, double Allocated) LookUp(SessionTable table, int sessions, SessionIds ids)
    {
        var random = new Random(7);
        string[] wanted = [.. Enumerable.Range(0, DifferentIds).Select(_ => ids.Of(random.Next(sessions)))];
        int found = LookUp(table, wanted, DifferentIds);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        found += LookUp(table, wanted, Lookups);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return found == DifferentIds + Lookups
            ? (elapsed.TotalNanoseconds / Lookups, (double)allocated / Lookups)
            : throw new InvalidOperationException("a session is missing");
    }

    private static int LookUp(SessionTable table, string[] wanted, int times)
    {
        int found = 0;
        for (int i = 0; i < times; i++)
        {
            found += table.TryGet(wanted[i % wanted.Length], out _) ? 1 : 0;
        }
        return found;
    }
}
