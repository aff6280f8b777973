using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Model;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.Feed;

/// <summary>One proxy's stream: what it lacks, then changes and heartbeats.</summary>
internal sealed class FeedStream(FeedCall call, EndpointTable table, ProxyUsage usage, HostKeyTable hostKeys, string reporter, FeedMetrics metrics, TimeProvider time)
{
    /// <summary>How long one message may take to leave.</summary>
    public static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(10);

    // How long a proxy that was sent away has to hang up by itself.
    private static readonly TimeSpan HangUpLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(10);

    // A change on an idle stream leaves at once; those that follow it closely travel together.
    private static readonly TimeSpan CoalescingTime = TimeSpan.FromMilliseconds(20);

    private readonly FeedFrames _frames = new();

    // How far the proxy knows that the cluster was read.
    private ClusterVersions _told;
    private Task _leaving = Task.CompletedTask;

    /// <summary>What the proxy said to have in its table.</summary>
    public ulong AppliedSequence { get; private set; }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Reads until the proxy says no more. Reports wait for the table: only existing sessions count.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (await call.ReadAsync(cancellationToken) is { } message)
        {
            switch (message.MessageCase)
            {
                case ProxyMessage.MessageOneofCase.Applied:
                    AppliedSequence = message.Applied.Sequence;
                    break;
                case ProxyMessage.MessageOneofCase.Activity:
                    await table.Filled.WaitAsync(cancellationToken);
                    usage.Report(message.Activity);
                    break;
                case ProxyMessage.MessageOneofCase.LearnedHostKey:
                    await table.Filled.WaitAsync(cancellationToken);
                    hostKeys.Apply(message.LearnedHostKey, reporter);
                    break;
                case ProxyMessage.MessageOneofCase.HostKeyMismatch:
                    await table.Filled.WaitAsync(cancellationToken);
                    hostKeys.Apply(message.HostKeyMismatch, reporter);
                    break;
                default:
                    throw new RpcException(new Status(StatusCode.InvalidArgument, "only Applied, Activity, LearnedHostKey and HostKeyMismatch may follow the Hello"));
            }
        }
    }

    /// <summary>Sends until it is cancelled, or the stream cannot go on.</summary>
    /// <param name="have">What the proxy's table is; null: it wants everything.</param>
    /// <exception cref="TimeoutException">The proxy took nothing for too long.</exception>
    /// <returns>Why the proxy has to begin anew.</returns>
    public async Task<GoAwayReason> WriteAsync(TableState? have, CancellationToken cancellationToken)
    {
        using TableSubscription subscription = table.Subscribe(
            have is null ? null : new TablePosition(have.Epoch, have.Sequence, have.Count, have.Hash));
        if (await WriteSyncAsync(subscription, have?.Sequence ?? 0, cancellationToken) is not { } position)
        {
            return GoAwayReason.NewEpoch;
        }

        bool heartbeatDue = false;
        using ITimer heartbeat = time.CreateTimer(
            _ =>
            {
                Volatile.Write(ref heartbeatDue, true);
                subscription.Wake();
            },
            null, HeartbeatInterval, HeartbeatInterval);
        while (true)
        {
            await subscription.WaitAsync(cancellationToken);
            TableChanges changes = subscription.Take();
            if (changes.Position.Epoch != subscription.Position.Epoch)
            {
                return GoAwayReason.NewEpoch;
            }
            if (changes.Position.Sequence != position.Sequence)
            {
                await WriteDeltaAsync(changes, position.Sequence, cancellationToken);
                position = changes.Position;
                await Task.Delay(CoalescingTime, time, cancellationToken);
            }
            if (Interlocked.Exchange(ref heartbeatDue, false))
            {
                var beat = new Heartbeat { Sequence = position.Sequence, Count = position.Count, Hash = position.Hash, Time = Now };
                await WriteAsync(new FeedMessage { Heartbeat = beat }, cancellationToken);
            }
        }
    }

    /// <summary>For a proxy that only reports: heartbeats, and what it is asked for. Sends until it is
    /// cancelled.</summary>
    /// <exception cref="TimeoutException">The proxy took nothing for too long.</exception>
    public async Task<GoAwayReason> WriteRequestsAsync(ChannelReader<CloseConnection> requests, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(HeartbeatInterval, time);
        Task beat = Task.CompletedTask;
        Task asked = Task.CompletedTask;
        while (true)
        {
            if (beat.IsCompleted)
            {
                await WriteAsync(new FeedMessage { Heartbeat = new Heartbeat { Time = Now } }, cancellationToken);
                beat = timer.WaitForNextTickAsync(cancellationToken).AsTask();
            }
            while (requests.TryRead(out CloseConnection? request))
            {
                await WriteAsync(new FeedMessage { CloseConnection = request }, cancellationToken);
            }
            asked = asked.IsCompleted ? requests.WaitToReadAsync(cancellationToken).AsTask() : asked;
            await await Task.WhenAny(beat, asked);
        }
    }

    /// <summary>Sends the last message, once the one before it has left.</summary>
    /// <exception cref="TimeoutException">The proxy takes nothing.</exception>
    public async Task WriteGoAwayAsync(GoAway goAway)
    {
        await _leaving.WaitAsync(WriteLimit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_leaving.IsCompletedSuccessfully)
        {
            throw new TimeoutException();
        }
        await WriteAsync(new FeedMessage { GoAway = goAway }, CancellationToken.None);
        await AwaitHangUpAsync();
    }

    // .NET's client drops what it has not read yet of a stream whose connection ends, and an operator's connections end
    // with it.
    private async Task AwaitHangUpAsync()
    {
        using var limit = new CancellationTokenSource(HangUpLimit, time);
        try
        {
            while (await call.ReadAsync(limit.Token) is not null)
            {
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or RpcException)
        {
            // It did not, or in another way.
        }
    }

    // Everything until the proxy's table is ours; null: the table has begun anew meanwhile.
    private async Task<TablePosition?> WriteSyncAsync(TableSubscription subscription, ulong haveSequence, CancellationToken cancellationToken)
    {
        TablePosition position = subscription.Position;
        ClusterVersions versions = subscription.Versions;
        if (subscription.Snapshot is not null)
        {
            await WriteSnapshotAsync(subscription.Snapshot, VersionsEncoding.Encode(versions), cancellationToken);
        }
        else
        {
            TableChanges changes = subscription.Take();
            if (changes.Position.Epoch != position.Epoch)
            {
                return null;
            }
            position = changes.Position;
            versions = changes.Versions;
            if (changes.Pending.Count > 0)
            {
                await WriteDeltaAsync(changes, haveSequence, cancellationToken);
            }
        }
        var complete = new SyncComplete
        {
            Epoch = position.Epoch,
            Sequence = position.Sequence,
            Count = position.Count,
            Hash = position.Hash,
            Versions = VersionsEncoding.Encode(versions),
            Time = Now,
        };
        await WriteAsync(new FeedMessage { SyncComplete = complete }, cancellationToken);
        _told = versions;
        return position;
    }

    private async Task WriteSnapshotAsync(IReadOnlyList<TableEntry> snapshot, Versions versions, CancellationToken cancellationToken)
    {
        foreach (TableEntry entry in snapshot)
        {
            if (_frames.IsFull)
            {
                await WriteAsync(_frames.TakeSnapshotChunk(versions), cancellationToken);
            }
            _frames.AddSnapshotEntry(entry);
        }
        await WriteAsync(_frames.TakeSnapshotChunk(versions), cancellationToken);
    }

    // Only the last part carries the new sequence: the proxy has it when it has all parts.
    private async Task WriteDeltaAsync(TableChanges changes, ulong previousSequence, CancellationToken cancellationToken)
    {
        Versions versions = VersionsEncoding.Encode(changes.Versions, _told);
        foreach ((string sessionId, PendingChange change) in changes.Pending)
        {
            if (_frames.IsFull)
            {
                await WriteAsync(_frames.TakeDelta(previousSequence, versions), cancellationToken);
            }
            _frames.AddChange(sessionId, change);
        }
        await WriteAsync(_frames.TakeDelta(changes.Position.Sequence, versions), cancellationToken);
        _told = changes.Versions;
    }

    private Task WriteAsync(FeedMessage message, CancellationToken cancellationToken) => WriteAsync(message.ToByteArray(), cancellationToken);

    private Task WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        metrics.Sent(message.Length);
        _leaving = call.WriteAsync(message);
        return _leaving.WaitAsync(WriteLimit, time, cancellationToken);
    }
}
