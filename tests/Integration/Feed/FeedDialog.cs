using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Operator.Feed;
using SshGateway.Operator.Model;
using SshGateway.Operator.Table;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>The operator's side of the feed, message by message, with time in the test's hands.</summary>
internal sealed class FeedDialog : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly FeedServer _server;

    private FeedDialog(FeedServer server, ManualTimeProvider time, LogRecorder<FeedService> log)
    {
        _server = server;
        Time = time;
        Log = log;
    }

    public ManualTimeProvider Time { get; }

    public LogRecorder<FeedService> Log { get; }

    public EndpointTable Table => _server.Table;

    public static async Task<FeedDialog> StartAsync()
    {
        var time = new ManualTimeProvider();
        var log = new LogRecorder<FeedService>();
        return new FeedDialog(await FeedServer.StartAsync(time, logger: log), time, log);
    }

    public OperatorStream Open() => new(_server.Server.Address, null, null, CancellationToken.None);

    /// <summary>Makes these the table's entries.</summary>
    public void Fill(IReadOnlyCollection<TableEntry> entries, params ReadVersions[] versions)
    {
        using TableSubscription subscription = Table.Subscribe();
        Table.Apply(entries, [.. subscription.Snapshot!.Select(e => e.SessionId).Except(entries.Select(e => e.SessionId))], new ClusterVersions(versions));
    }

    public Task<OperatorStream> HelloAsync(TableState? have = null, params NamespaceVersions[] minimum) =>
        HelloAsync(new Hello { ProxyId = "test", Version = "1", Have = have, Minimum = new Versions { Namespaces = { minimum } } });

    public async Task<OperatorStream> HelloAsync(Hello hello)
    {
        OperatorStream call = Open();
        await call.WriteAsync(new ProxyMessage { Hello = hello });
        return call;
    }

    public async Task<OperatorStream> SyncedAsync()
    {
        OperatorStream call = await HelloAsync();
        await SyncAsync(call);
        return call;
    }

    public static async Task<SyncComplete> SyncAsync(OperatorStream call)
    {
        while (true)
        {
            if ((await ReadAsync(call)).SyncComplete is { } complete)
            {
                return complete;
            }
        }
    }

    public static async Task<FeedMessage> ReadAsync(OperatorStream call) =>
        await call.ReadAsync().WaitAsync(Limit) ?? throw new InvalidOperationException("the server ended the stream");

    public static TableState State(SyncComplete complete) =>
        new() { Epoch = complete.Epoch, Sequence = complete.Sequence, Count = complete.Count, Hash = complete.Hash };

    public static TableState State(TablePosition position) =>
        new() { Epoch = position.Epoch, Sequence = position.Sequence, Count = position.Count, Hash = position.Hash };

    public static TableEntry Entry(string sessionId, string podUid, int keyBytes = 0)
    {
        var entry = new Entry { SessionId = sessionId, PodUid = podUid };
        if (keyBytes > 0)
        {
            entry.AuthorizedKeys.Add(ByteString.CopyFrom(new byte[keyBytes]));
        }
        return new TableEntry(sessionId, podUid, entry.ToByteArray());
    }

    /// <summary>The operator ends.</summary>
    public Task StopAsync() => _server.Server.StopAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
