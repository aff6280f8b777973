using System.Threading.Channels;
using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Integration.Grpc;
using SshGateway.Tests.Support.Grpc;
using SshGateway.Tests.Support.Yaml;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>An operator that says what the test tells it.</summary>
internal sealed class ScriptedOperator : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Channel<ScriptedStream> _streams = Channel.CreateUnbounded<ScriptedStream>();
    private TestServer? _server;

    public int Port => _server!.Port;

    public static async Task<ScriptedOperator> StartAsync()
    {
        var scripted = new ScriptedOperator();
        scripted._server = await TestServer.StartAsync(_ => new StubFeed(async (requests, responses, context) =>
        {
            var stream = new ScriptedStream(requests, responses);
            scripted._streams.Writer.TryWrite(stream);
            await stream.Ended.Task.WaitAsync(context.CancellationToken);
        }));
        return scripted;
    }

    /// <summary>The next stream that a proxy opens.</summary>
    public async Task<ScriptedStream> NextStreamAsync() => await _streams.Reader.ReadAsync().AsTask().WaitAsync(Limit);

    public static FeedMessage Snapshot(params Entry[] entries) => new() { Snapshot = new SnapshotChunk { Entries = { entries } } };

    public static FeedMessage Complete(ulong sequence, params Entry[] table) =>
        new() { SyncComplete = new SyncComplete { Epoch = "e", Sequence = sequence, Count = (ulong)table.Length, Hash = Hash(table), Versions = Read("ns", sequence, 3) } };

    public static Versions Read(string ofNamespace, ulong sessions, ulong pods) =>
        new() { Namespaces = { new NamespaceVersions { Namespace = ofNamespace, Sessions = sessions, Pods = pods } } };

    public static FeedMessage Beat(ulong sequence, params Entry[] table) =>
        new() { Heartbeat = new Heartbeat { Sequence = sequence, Count = (ulong)table.Length, Hash = Hash(table) } };

    public static ulong Hash(IEnumerable<Entry> table) => table.Aggregate(0UL, (sum, entry) => unchecked(sum + EntryHash.Compute(entry)));

    // A stream that begins with all of this.
    public static FeedMessage[] Sync(ulong sequence, params Entry[] table) => [Snapshot(table), Complete(sequence, table)];

    public static Entry Entry(string sessionId, string podUid = "u")
    {
        bool hasPod = podUid.Length > 0;
        return new Entry
        {
            SessionId = sessionId,
            Namespace = "default",
            State = hasPod ? EndpointState.Ready : EndpointState.None,
            Access = Access.Enabled,
            PodName = hasPod ? "pod" : "",
            PodUid = podUid,
            PodIp = hasPod ? ByteString.CopyFrom(10, 0, 0, 1) : ByteString.Empty,
            Port = 2222,
            TargetUser = "claude",
            AuthorizedKeys = { ByteString.CopyFrom(SshPublicKey.ParseLine(Samples.Key).Blob.Span) },
        };
    }

    public async ValueTask DisposeAsync() => await _server!.DisposeAsync();
}
