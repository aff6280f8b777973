using Google.Protobuf;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;

namespace SshGateway.Operator.Feed;

/// <summary>One proxy's stream: the snapshot, then changes and heartbeats.</summary>
internal sealed class FeedStream(GrpcServerCall<ProxyMessage, FeedMessage> call, EndpointTable table, ProxyUsage usage, HostKeyTable hostKeys, FeedMetrics metrics, TimeProvider time)
{
    /// <summary>How long one message may take to leave.</summary>
    public static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(10);

    // A change on an idle stream leaves at once; those that follow it closely travel together.
    private static readonly TimeSpan CoalescingTime = TimeSpan.FromMilliseconds(20);

    private readonly FeedFrames _frames = new();

    /// <summary>What the proxy said to have in its table.</summary>
    public ulong AppliedSequence { get; private set; }

    /// <summary>Reads what the proxy says; completes when it says no more.</summary>
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
                    usage.Report(message.Activity);
                    break;
                case ProxyMessage.MessageOneofCase.LearnedHostKey:
                    hostKeys.Apply(message.LearnedHostKey);
                    break;
                case ProxyMessage.MessageOneofCase.Suspect:
                    hostKeys.Apply(message.Suspect);
                    break;
                default:
                    throw new GrpcException(GrpcStatusCode.InvalidArgument, "only Applied, Activity, LearnedHostKey and Suspect may follow the Hello");
            }
        }
    }

    /// <summary>Sends until cancelled.</summary>
    /// <exception cref="TimeoutException">The proxy took nothing for too long.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        using TableSubscription subscription = table.Subscribe();
        await WriteSnapshotAsync(subscription, cancellationToken);

        ulong sequence = subscription.Sequence;
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
            if (changes.Epoch != subscription.Epoch)
            {
                throw new GrpcException(GrpcStatusCode.Unavailable, "the cluster was put back to an earlier state; come again for a new snapshot");
            }
            if (changes.Sequence != sequence)
            {
                await WriteDeltaAsync(changes, sequence, cancellationToken);
                sequence = changes.Sequence;
                await Task.Delay(CoalescingTime, time, cancellationToken);
            }
            if (Interlocked.Exchange(ref heartbeatDue, false))
            {
                await WriteAsync(new FeedMessage { Heartbeat = new Heartbeat { Sequence = sequence, Count = changes.Count } }, cancellationToken);
            }
        }
    }

    /// <summary>For a proxy that only reports.</summary>
    /// <exception cref="TimeoutException">The proxy took nothing for too long.</exception>
    public async Task WriteHeartbeatsAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(HeartbeatInterval, time);
        do
        {
            await WriteAsync(new FeedMessage { Heartbeat = new Heartbeat() }, cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task WriteSnapshotAsync(TableSubscription subscription, CancellationToken cancellationToken)
    {
        foreach (TableEntry entry in subscription.Snapshot)
        {
            _frames.AddSnapshotEntry(entry);
            if (_frames.IsFull)
            {
                await WriteAsync(_frames.TakeSnapshotChunk(), cancellationToken);
            }
        }
        if (!_frames.IsEmpty)
        {
            await WriteAsync(_frames.TakeSnapshotChunk(), cancellationToken);
        }
        var complete = new SyncComplete { Epoch = subscription.Epoch, Sequence = subscription.Sequence, Count = (ulong)subscription.Snapshot.Count };
        await WriteAsync(new FeedMessage { SyncComplete = complete }, cancellationToken);
    }

    // Only the last part carries the new sequence: the proxy has it when it has all parts.
    private async Task WriteDeltaAsync(TableChanges changes, ulong previousSequence, CancellationToken cancellationToken)
    {
        foreach ((string sessionId, PendingChange change) in changes.Pending)
        {
            if (_frames.IsFull)
            {
                await WriteAsync(_frames.TakeDelta(previousSequence), cancellationToken);
            }
            _frames.AddChange(sessionId, change);
        }
        await WriteAsync(_frames.TakeDelta(changes.Sequence), cancellationToken);
    }

    private Task WriteAsync(FeedMessage message, CancellationToken cancellationToken) => WriteAsync(message.ToByteArray(), cancellationToken);

    private Task WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        metrics.Sent(message.Length);
        return call.WriteAsync(message.Span).WaitAsync(WriteLimit, time, cancellationToken);
    }
}
