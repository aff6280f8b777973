using System.Buffers;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Relay;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Authentication;
using SshGateway.Ssh.Sockets;

namespace SshGateway.Proxy.Passthrough;

/// <summary>
/// A client that asked for a session's pod by CONNECT: its bytes go to the pod's sshd and back as they are. That sshd
/// authenticates, so whoever knows a session's id gets this far, where the session allows it.
/// </summary>
internal sealed class PassthroughConnection(
    IPeerSocket client, ConnectRequest request, ReadOnlyMemory<byte> unread, ConnectionLease lease, ConnectionReport report, SessionTable table, OpenSessions openSessions,
    PassthroughLimits limits, SourceNetwork source, PipePool pipes, PodConnector connector, TimeProvider time) : IClientConnection
{
    // Everybody's, whatever the session's own port is.
    private const int SshPort = 22;

    // How long a client that is refused may take to read why.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    // An identification and a KEXINIT have less. From whoever says more than that unasked, only a reset would still be
    // noticed.
    private const int EarlyBytes = 16 * 1024;

    // One sentence for sessions that do not exist, do not allow it, or take no logins now.
    private static readonly Refusal NotAdmitted = new(
        ConnectionEnd.PassthroughRefused, "No session of this name accepts passthrough connections now.");

    private readonly ChannelActivity _activity = new(time);
    private readonly TaskCompletionSource<Refusal> _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _unread = new();
    private string _podUid = "";
    private readonly HandshakeMeter _meter = new();
    private long _openedAt;
    private IDisposable? _place;
    private volatile bool _isAuthenticated;
    private SplicePump? _fromClient;
    private SplicePump? _fromPod;
    private volatile bool _isOpen;

    /// <inheritdoc/>
    // A guess: the pod does not say.
    public bool IsAuthenticated => _isAuthenticated;

    /// <inheritdoc/>
    public string SessionId => request.SessionId;

    /// <inheritdoc/>
    public ClientDetails? Details => report.Details;

    /// <inheritdoc/>
    public (long FromClient, long ToClient) Bytes => report.Bytes;

    /// <inheritdoc/>
    public async Task RunAsync()
    {
        report.PassthroughAsked(request.SessionId);
        ConnectionOutcome outcome;
        try
        {
            Result<ConnectionOutcome> result = await ServeAsync().ConfigureAwait(false);
            outcome = result.IsSuccess ? result.Value : await RefuseAsync(result.Refusal).ConfigureAwait(false);
        }
        catch (PeerGoneException gone)
        {
            report.ClientGone(gone);
            outcome = new ConnectionOutcome(ConnectionEnd.ClientLeftEarly);
        }
#pragma warning disable CA1031 // The last resort: one connection's defect must not end the others.
        catch (Exception defect)
        {
            report.Defect(defect);
            outcome = new ConnectionOutcome(ConnectionEnd.InternalError);
        }
#pragma warning restore CA1031
        report.Ended(_closing.Task.IsCompletedSuccessfully ? outcome with { End = _closing.Task.Result.End, Detail = _closing.Task.Result.Detail ?? outcome.Detail } : outcome);
    }

    /// <summary>Ends it without a word: what the client reads is the pod's, and encrypted.</summary>
    public void Close(Refusal reason)
    {
        if (_isOpen)
        {
            _closing.TrySetResult(reason);
        }
    }

    /// <inheritdoc/>
    // The pod's sshd let the client in; only it knows by what.
    public Refusal? FindRevocation(SessionEntry session) => null;

    /// <inheritdoc/>
    public TimeSpan? Review()
    {
        if (!_isOpen)
        {
            return null;
        }
        report.Count(_fromClient!.Moved, _fromPod!.Moved);
        client.ReviewTimeout();
        if (time.GetElapsedTime(_openedAt) >= PassthroughLimits.LoginTime)
        {
            ReleasePod();
            _isAuthenticated = true;
        }
        TimeSpan idle = _activity.Review();
        // Strangers get this far, and do not use the session.
        return _isAuthenticated ? idle : null;
    }

    /// <inheritdoc/>
    public Task StopAsync(Refusal reason)
    {
        _closing.TrySetResult(reason);
        if (!_isOpen)
        {
            client.Abort();
        }
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<ConnectionOutcome> RefuseAsync(Refusal refusal)
    {
        ReadOnlyMemory<byte> reply = refusal.End == ConnectionEnd.PassthroughRefused ? HttpReply.Forbidden(refusal.Sentence) : HttpReply.Unavailable(refusal.Sentence);
        await LingeringClose.SendAsync(client, reply, Linger, time).ConfigureAwait(false);
        return refusal.Outcome;
    }

    private async Task<Result<ConnectionOutcome>> ServeAsync()
    {
        long askedAt = time.GetTimestamp();
        if (FindAdmitted() is not { } entry)
        {
            await RefusalClock.WaitAsync(askedAt, time).ConfigureAwait(false);
            return NotAdmitted;
        }
        if (!limits.Sources.TryAcquire(source))
        {
            return new Refusal(ConnectionEnd.TooManyConnections, "Your address already has too many passthrough connections. Close one and try again.");
        }
        try
        {
            Result<OpenSession> session = openSessions.Add(entry, this);
            if (!session.IsSuccess)
            {
                return session.Refusal;
            }
            try
            {
                return await ServeAsync(entry, session.Value).ConfigureAwait(false);
            }
            finally
            {
                openSessions.Remove(session.Value, this);
            }
        }
        finally
        {
            limits.Sources.Release(source);
        }
    }

    private async Task<Result<ConnectionOutcome>> ServeAsync(SessionEntry entry, OpenSession session)
    {
        _podUid = entry.PodUid;
        try
        {
            Result<IPeerSocket> connected = await CancelWhenClientLeaves.RunAsync(
                cancellation => ConnectAsync(entry, cancellation), WatchAsync).ConfigureAwait(false);
            if (!connected.IsSuccess)
            {
                return connected.Refusal;
            }
            using IPeerSocket pod = connected.Value;
            // Seconds may have passed. A failed readiness probe does not end what the pod has just accepted.
            if (FindAdmitted(canBeUnready: true)?.PodUid != _podUid)
            {
                return NotAdmitted;
            }
            await client.WriteAsync(HttpReply.Established).ConfigureAwait(false);
            return await RelayAsync(pod, entry, session).ConfigureAwait(false);
        }
        finally
        {
            ReleasePod();
        }
    }

    private async Task<Result<IPeerSocket>> ConnectAsync(SessionEntry entry, CancellationToken cancellation)
    {
        var pod = PodServer.Sshd(entry);
        using var timeout = new CancellationTokenSource(PassthroughLimits.PlaceTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            _place = await limits.Pods.AcquireAsync(_podUid, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return pod.Refuse(ConnectionEnd.TooManyConnections, "has too many new passthrough connections; try again in a minute");
        }
        return await connector.ConnectAsync(pod, client.Loop, cancellation).ConfigureAwait(false);
    }

    // Finds out when the client leaves; what it says before its pod is there is kept.
    private async Task WatchAsync(CancellationToken cancellation)
    {
        _unread.Write(unread.Span);
        while (_unread.WrittenCount < EarlyBytes)
        {
            if (!await client.WaitReadableAsync(cancellation).ConfigureAwait(false))
            {
                return;
            }
            int count = await client.ReadAsync(_unread.GetMemory(1)).ConfigureAwait(false);
            if (count == 0)
            {
                throw PeerGoneException.ClosedByPeer();
            }
            _unread.Advance(count);
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<ConnectionOutcome> RelayAsync(IPeerSocket pod, SessionEntry entry, OpenSession session)
    {
        _fromClient = new SplicePump(client, pod, pipes, _activity);
        _fromPod = new SplicePump(pod, client, pipes, _activity, _meter);
        _openedAt = time.GetTimestamp();
        _isOpen = true;
        // From here on changes of the session find this. One that came since it was read did not.
        session.Review(time.GetUtcNow());
        lease.Authenticated();
        report.PassthroughOpened(entry);
        Task<PumpEndCause> fromClient = _fromClient.RunAsync(_unread.WrittenMemory);
        Task<PumpEndCause> fromPod = _fromPod.RunAsync();
        Task first = await Task.WhenAny(fromClient, fromPod, _closing.Task).ConfigureAwait(false);
        // An end of one direction is carried over, and the other goes on. Who takes no more may have sent more than has
        // been read, and then its end is found behind that.
        if (first != _closing.Task && await ((Task<PumpEndCause>)first).ConfigureAwait(false) != PumpEndCause.SourceLost)
        {
            await Task.WhenAny(Task.WhenAll(fromClient, fromPod), _closing.Task).ConfigureAwait(false);
        }
        client.Abort();
        pod.Abort();
        await Task.WhenAll(fromClient, fromPod).ConfigureAwait(false);
        report.Count(_fromClient.Moved, _fromPod.Moved);
        if (!_closing.Task.IsCompleted && HasFailed(_fromPod.Moved))
        {
            lease.FailedAtPod();
        }
        PumpEndCause[] causes = [await fromClient.ConfigureAwait(false), await fromPod.ConfigureAwait(false)];
        return new ConnectionOutcome(first == fromClient ? Describe(true, causes[0], causes[1]) : Describe(false, causes[1], causes[0]));
    }

    // Nothing at all is the pod's fault: sshd identifies itself at once.
    private bool HasFailed(long fromPod) =>
        fromPod > 0 && _meter.Encrypted(fromPod) < HandshakeMeter.MinLogin && time.GetElapsedTime(_openedAt) < PassthroughLimits.LoginTime;

    private static ConnectionEnd Describe(bool isFromClient, PumpEndCause first, PumpEndCause other)
    {
        // Who takes no more has left: how, its own direction says.
        bool byDestination = first == PumpEndCause.DestinationLost;
        bool closed = (byDestination ? other : first) == PumpEndCause.SourceClosed;
        return (isFromClient ^ byDestination, closed) switch
        {
            (true, true) => ConnectionEnd.ClientClosed,
            (true, false) => ConnectionEnd.ClientLost,
            (false, true) => ConnectionEnd.PodClosed,
            (false, false) => ConnectionEnd.PodLost,
        };
    }

    /// <summary>
    /// The session, if it may be reached this way now. The pod comes from the table alone: no port but the session's
    /// own and 22, which stands for it, so that this is no way to anywhere else.
    /// </summary>
    private SessionEntry? FindAdmitted(bool canBeUnready = false) =>
        table.TryGet(request.SessionId, out SessionEntry? entry) && entry.Passthrough
        && (LoginGate.Check(entry, time.GetUtcNow()) is null || (canBeUnready && LoginGate.IsStarting(entry, time.GetUtcNow())))
        && (request.Port is null or SshPort || request.Port == entry.Endpoint?.Port)
            ? entry
            : null;

    // After a while or at the end, whichever comes first.
    private void ReleasePod() => Interlocked.Exchange(ref _place, null)?.Dispose();
}

/// <summary>Makes the connections of clients that ask for a passthrough.</summary>
internal sealed class PassthroughConnectionFactory(
    SessionTable table, OpenSessions openSessions, PassthroughLimits limits, SourceNetworks sources, PipePool pipes, PodConnector connector, TimeProvider time)
{
    /// <param name="client">The connection; owned by what is made.</param>
    /// <param name="unread">What was read of it behind that.</param>
    /// <param name="lease">What it holds of the limits.</param>
    public PassthroughConnection Create(IPeerSocket client, ConnectRequest request, ReadOnlyMemory<byte> unread, ConnectionLease lease, ConnectionReport report) => new(
        client, request, unread, lease, report, table, openSessions, limits, sources.Find(client.RemoteEndPoint.Address), pipes, connector, time);
}
