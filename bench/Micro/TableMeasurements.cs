using BenchmarkDotNet.Attributes;
using SshGateway.Bench.Table;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Bench.Micro;

/// <summary>The proxy's look-up of a session, as a login does it: by characters that were just read.</summary>
public class TableMeasurements
{
    private const int Lookups = 100_000;

    private readonly SessionTable _table = new();

    // One behind the other, so that only what belongs to the table is not in a cache.
    private char[] _ids = [];
    private int _idLength;

    [Params(1, 10_000, 1_000_000)]
    public int Sessions { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        TableBench.Fill(_table, Sessions, SessionIds.Short, uidSeed: 1);
        var random = new Random(7);
        _ids = [.. Enumerable.Range(0, Lookups).SelectMany(_ => SessionIds.Short.Of(random.Next(Sessions)))];
        _idLength = _ids.Length / Lookups;
    }

    [Benchmark(Description = "table look-up", OperationsPerInvoke = Lookups)]
    public int LookUp()
    {
        int found = 0;
        for (int start = 0; start < _ids.Length; start += _idLength)
        {
            found += _table.TryGet(_ids.AsSpan(start, _idLength), out _) ? 1 : 0;
        }
        return found == Lookups ? found : throw new InvalidOperationException("a session is missing");
    }
}
