using System.Buffers;
using System.Net.Sockets;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Listening;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Relay;
using SshGateway.Proxy.Sessions;
using SshGateway.Proxy.SshConnections;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.Passthrough;

/// <summary>
/// A client that asked for a session's pod by CONNECT: its bytes go to the pod's sshd and back as they are. That sshd authenticates, so whoever knows a
/// session's id gets this far, where the session allows it.
/// </summary>
internal sealed class PassthroughConnection(
    IPeerSocket client, ConnectRequest request, ReadOnlyMemory<byte> unread, ConnectionLease visit, ConnectionReport report, ConnectionServices services) : IClientConnection
{
    // Everybody's, whatever the session's own port is.
    private const int SshPort = 22;

    // How long a client that is refused may take to read why.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    // An identification and a KEXINIT have less. From whoever says more than that unasked, only a reset would still be noticed.
    private const int EarlyBytes = 16 * 1024;

    private readonly PassthroughServices _passthrough = services.Passthrough;
    private readonly SourceNetwork _source = services.Limits.Sources.Of(client.RemoteEndPoint.Address);
    private readonly ChannelActivity _activity = new(services.Time);
    private readonly TaskCompletionSource<ConnectionEnd> _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _unread = new();
    private string _podUid = "";
    private long _openedAt;
    private int _podPlaces;
    private SplicePump? _fromClient;
    private SplicePump? _fromPod;
    private volatile bool _isOpen;

    /// <inheritdoc/>
    public async Task RunAsync()
    {
        report.PassthroughAsked(request.SessionId);
        BridgeEnd end;
        try
        {
            end = await ServeAsync().ConfigureAwait(false);
        }
        catch (LoginRefusedException refused)
        {
            bool isForbidden = refused.End == ConnectionEnd.PassthroughRefused;
            await LingeringClose.SayAsync(
                client, isForbidden ? HttpReply.Forbidden(refused.Message) : HttpReply.Unavailable(refused.Message), Linger, services.Time).ConfigureAwait(false);
            end = new BridgeEnd(refused.End, refused.Detail);
        }
        catch (Exception gone) when (gone is PeerClosedException or SocketException or ObjectDisposedException)
        {
            end = new BridgeEnd(ConnectionEnd.ClientLeftEarly, null);
        }
#pragma warning disable CA1031 // The last resort: one connection's defect must not end the others.
        catch (Exception defect)
        {
            report.Defect(defect);
            end = new BridgeEnd(ConnectionEnd.InternalError, null);
        }
#pragma warning restore CA1031
        report.Ended(_closing.Task.IsCompletedSuccessfully ? end with { End = _closing.Task.Result } : end);
    }

    /// <summary>Ends it without a word: what the client reads is the pod's, and encrypted.</summary>
    public void Close(ConnectionEnd end, string sentence)
    {
        if (_isOpen)
        {
            _closing.TrySetResult(end);
        }
    }

    /// <inheritdoc/>
    public TimeSpan? Review()
    {
        if (!_isOpen)
        {
            return null;
        }
        report.Count(_fromClient!.Moved, _fromPod!.Moved);
        client.ReviewTimeout();
        if (services.Time.GetElapsedTime(_openedAt) >= PassthroughLimits.LoginTime)
        {
            LeavePod();
        }
        return _activity.Review();
    }

    /// <inheritdoc/>
    public Task StopAsync()
    {
        _closing.TrySetResult(ConnectionEnd.ProxyStopping);
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

    private async Task<BridgeEnd> ServeAsync()
    {
        long askedAt = services.Time.GetTimestamp();
        if (Admitted() is not { } entry)
        {
            await RefusalClock.WaitAsync(askedAt, services.Time).ConfigureAwait(false);
            throw Refused();
        }
        if (!_passthrough.Limits.Sources.TryEnter(_source))
        {
            throw new LoginRefusedException(ConnectionEnd.TooManyConnections, "There are too many passthrough connections from your address. Close one of them and try again.");
        }
        try
        {
            OpenSession session = services.OpenSessions.Enter(entry, this);
            try
            {
                return await ServeAsync(entry, session).ConfigureAwait(false);
            }
            finally
            {
                services.OpenSessions.Leave(session, this);
            }
        }
        finally
        {
            _passthrough.Limits.Sources.Leave(_source);
        }
    }

    private async Task<BridgeEnd> ServeAsync(SessionEntry entry, OpenSession session)
    {
        _podUid = entry.PodUid;
        if (!_passthrough.Limits.Pods.TryEnter(_podUid))
        {
            throw PodConnector.Refused(entry, ConnectionEnd.TooManyConnections, "has too many new passthrough connections; try again in a minute", null);
        }
        _podPlaces = 1;
        try
        {
            using IPeerSocket pod = await CancelWhenClientLeaves.RunAsync(
                cancellation => _passthrough.Connector.ConnectAsync(entry, client, cancellation), WatchAsync).ConfigureAwait(false)
                ?? throw PodConnector.Refused(entry, ConnectionEnd.PodUnreachable, "closed the connection at once", null);
            // Seconds may have passed.
            if (Admitted()?.PodUid != _podUid)
            {
                throw Refused();
            }
            await client.WriteAsync(HttpReply.Established).ConfigureAwait(false);
            return await RelayAsync(pod, entry, session).ConfigureAwait(false);
        }
        finally
        {
            LeavePod();
        }
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
                throw new PeerClosedException();
            }
            _unread.Advance(count);
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<BridgeEnd> RelayAsync(IPeerSocket pod, SessionEntry entry, OpenSession session)
    {
        _fromClient = new SplicePump(client, pod, _passthrough.Pipes, _activity);
        _fromPod = new SplicePump(pod, client, _passthrough.Pipes, _activity);
        _openedAt = services.Time.GetTimestamp();
        _isOpen = true;
        // From here on changes of the session find this. One that came since it was read did not.
        session.Review(services.Time.GetUtcNow());
        visit.Authenticated();
        report.PassthroughOpened(entry);
        Task<PumpEndCause> fromClient = _fromClient.RunAsync(_unread.WrittenMemory);
        Task<PumpEndCause> fromPod = _fromPod.RunAsync();
        Task first = await Task.WhenAny(fromClient, fromPod, _closing.Task).ConfigureAwait(false);
        // An end of one direction is carried over, and the other goes on. Who takes no more may have sent more than has been read, and then its end is found
        // behind that.
        if (first != _closing.Task && await ((Task<PumpEndCause>)first).ConfigureAwait(false) != PumpEndCause.SourceLost)
        {
            await Task.WhenAny(Task.WhenAll(fromClient, fromPod), _closing.Task).ConfigureAwait(false);
        }
        client.Abort();
        pod.Abort();
        await Task.WhenAll(fromClient, fromPod).ConfigureAwait(false);
        report.Count(_fromClient.Moved, _fromPod.Moved);
        PumpEndCause[] causes = [await fromClient.ConfigureAwait(false), await fromPod.ConfigureAwait(false)];
        return new BridgeEnd(first == fromClient ? Describe(true, causes[0], causes[1]) : Describe(false, causes[1], causes[0]), null);
    }

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
    /// The session, if it may be reached this way now. The pod comes from the table alone: no port but the session's own and 22, which stands for it, so that
    /// this is no way to anywhere else.
    /// </summary>
    private SessionEntry? Admitted() =>
        services.Table.TryGet(request.SessionId, out SessionEntry? entry) && entry.Passthrough && LoginGate.Admits(entry, services.Time.GetUtcNow())
        && (request.Port is null or SshPort || request.Port == entry.Endpoint?.Port)
            ? entry
            : null;

    // One sentence for sessions that do not exist, do not allow it, or take no logins now.
    private static LoginRefusedException Refused() =>
        new(ConnectionEnd.PassthroughRefused, "There is no such session here that takes passthrough connections now.");

    // After a while or at the end, whichever comes first.
    private void LeavePod()
    {
        if (Interlocked.Exchange(ref _podPlaces, 0) == 1)
        {
            _passthrough.Limits.Pods.Leave(_podUid);
        }
    }
}
