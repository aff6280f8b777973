using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using SshGateway.Bench.Table;
using SshGateway.Feed;
using SshGateway.Operator.Feed;
using SshGateway.Operator.Table;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Bench.Micro;

/// <summary>The feed's codec: entries into a part of a snapshot at the operator, and out of it at the proxy.</summary>
public class FeedMeasurements
{
    private const int Entries = FeedFrames.MaxEntries;

    private readonly FeedFrames _frames = new();
    private Entry[] _entries = [];
    private byte[] _chunk = [];

    [GlobalSetup]
    public void Begin()
    {
        _entries = [.. SyntheticSessions.Of(Entries, SessionIds.Short, seed: 1)];
        Write();
        _chunk = Take().ToArray();
    }

    [Benchmark(Description = "feed entry written", OperationsPerInvoke = Entries)]
    public int Encode()
    {
        Write();
        return Take().Length;
    }

    [Benchmark(Description = "feed entry read", OperationsPerInvoke = Entries)]
    public int Decode()
    {
        int decoded = 0;
        foreach (Entry entry in FeedMessage.Parser.ParseFrom(_chunk).Snapshot.Entries)
        {
            decoded += EntryDecoding.TryDecode(entry, out SessionEntry? _, out _) ? 1 : 0;
        }
        return decoded == Entries ? decoded : throw new InvalidOperationException("an entry was not decoded");
    }

    private void Write()
    {
        foreach (Entry entry in _entries)
        {
            _frames.AddSnapshotEntry(new TableEntry(entry.SessionId, entry.PodUid, entry.ToByteArray()));
        }
    }

    private ReadOnlyMemory<byte> Take() => _frames.TakeSnapshotChunk(new Versions());
}
