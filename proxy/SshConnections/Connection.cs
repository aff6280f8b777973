using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Listening;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Relay;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.SshConnections;

/// <summary>One SSH client's connection, to its end: key exchange, authentication, pod login, relay.</summary>
internal sealed class Connection : IClientConnection
{
    // The session may change while a login is under way; one that keeps changing is not worth following.
    private const int Attempts = 3;

    // How long a client that is told to go may take to read why.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    // A login at a pod takes milliseconds. After this long the user is told what it waits for.
    private static readonly TimeSpan SilentLogin = TimeSpan.FromSeconds(5);

    private static readonly byte[] Success = [MessageNumber.UserAuthSuccess];

    private readonly ConnectionServices _services;
    private readonly SshServerTransport _leg;
    private readonly ClientAuthentication _authentication;
    private readonly Deadline _deadline;
    private readonly ConnectionLease _visit;
    private readonly ConnectionReport _report;
    private volatile Bridge? _bridge;
    private volatile bool _isStopping;

    /// <param name="socket">The connection; owned.</param>
    /// <param name="unread">What was read of it already.</param>
    /// <param name="visit">Its places among the limits.</param>
    /// <param name="report">Its account.</param>
    /// <param name="services">What all connections share.</param>
    public Connection(IPeerSocket socket, ReadOnlySpan<byte> unread, ConnectionLease visit, ConnectionReport report, ConnectionServices services)
    {
        _services = services;
        _visit = visit;
        _report = report;
        _leg = new SshServerTransport(socket, services.Offer, services.HostKeys(), services.RekeyLimits, services.Time);
        _leg.Input.Begin(unread);
        report.SshBegan();
        _authentication = new ClientAuthentication(_leg, services.Table, services.Time);
        _deadline = new Deadline(services.Time, () => _ = ExpireAsync());
    }

    /// <inheritdoc/>
    public async Task RunAsync()
    {
        BridgeEnd end;
        try
        {
            end = await ServeAsync().ConfigureAwait(false);
        }
        catch (LoginRefusedException refused)
        {
            await ExplainAsync(refused.Message).ConfigureAwait(false);
            end = new BridgeEnd(refused.End, refused.Detail);
        }
        catch (PeerDisconnectedException disconnect)
        {
            end = new BridgeEnd(ConnectionEnd.ClientLeftEarly, disconnect.Description);
        }
        catch (SshProtocolException violation)
        {
            await SendAwayAsync(violation.Reason, violation.Message).ConfigureAwait(false);
            end = new BridgeEnd(EndOf(violation.Reason), violation.Message);
        }
        catch (SshFormatException malformed)
        {
            await SendAwayAsync(DisconnectReason.ProtocolError, malformed.Message).ConfigureAwait(false);
            end = new BridgeEnd(ConnectionEnd.ClientProtocolError, malformed.Message);
        }
        catch (Exception gone) when (gone is PeerClosedException or SocketException or ObjectDisposedException)
        {
            end = new BridgeEnd(_deadline.Expired ? ConnectionEnd.ClientTooSlow : ConnectionEnd.ClientLeftEarly, null);
        }
#pragma warning disable CA1031 // The last resort: one connection's defect must not end the others.
        catch (Exception defect)
        {
            _report.UserName = _authentication.UserName;
            _report.Defect(defect);
            await SendAwayAsync(DisconnectReason.ByApplication, "The gateway met an internal error.").ConfigureAwait(false);
            end = new BridgeEnd(ConnectionEnd.InternalError, null);
        }
#pragma warning restore CA1031
        ReportEnd(_isStopping ? end with { End = ConnectionEnd.ProxyStopping } : end);
    }

    /// <inheritdoc/>
    public void Close(ConnectionEnd end, string sentence) => _bridge?.Close(end, sentence);

    /// <inheritdoc/>
    public TimeSpan? Review()
    {
        _report.Count(_leg.Input.TotalBytes, _leg.Output.TotalBytes);
        _leg.Socket.ReviewTimeout();
        return _bridge?.ReviewIdleTime();
    }

    /// <inheritdoc/>
    public async Task StopAsync()
    {
        const string Sentence = "The gateway is shutting down; please connect again.";
        _isStopping = true;
        if (_bridge is { } bridge)
        {
            bridge.Close(ConnectionEnd.ProxyStopping, Sentence);
            return;
        }
        await _leg.DisconnectAsync(DisconnectReason.ByApplication, Sentence).ConfigureAwait(false);
        _leg.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        _deadline.Dispose();
        await _leg.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<BridgeEnd> ServeAsync()
    {
        _deadline.Set(_services.Options.KeyExchangeTimeout);
        await _leg.HandshakeAsync().ConfigureAwait(false);
        _report.KeysExchanged();
        _deadline.Set(_services.Options.AuthenticationTimeout);
        AuthenticatedClient client = await _authentication.RunAsync().ConfigureAwait(false);
        // The client has done its part; dialling has limits of its own.
        _deadline.Stop();
        _visit.LoggedIn();
        _report.Authenticated(client);
        // The pod's banners are relayed, and may be as large as any packet.
        _leg.Output.AllowLargePackets();
        OpenSession session = _services.OpenSessions.Enter(client.Entry, this);
        try
        {
            return await ServeAsync(client, session).ConfigureAwait(false);
        }
        finally
        {
            _services.OpenSessions.Leave(session, this);
        }
    }

    private async Task<BridgeEnd> ServeAsync(AuthenticatedClient client, OpenSession session)
    {
        SshClientTransport podLeg = await CancelWhenClientLeaves.RunAsync(cancellation => ReachPodAsync(client, session, cancellation), _leg.WatchAsync).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable disposal = podLeg.ConfigureAwait(false);
        var bridge = new Bridge(_leg, podLeg, session.SessionId, _services.Time);
        _bridge = bridge;
        // From here on changes of the session find the bridge. One that came since ReachPodAsync read the table did not.
        session.Review(_services.Time.GetUtcNow());
        // In one write.
        await _leg.Output.OpenBatchAsync().ConfigureAwait(false);
        _leg.Output.AppendControl(Success);
        _leg.Output.CloseBatch();
        await _leg.Output.SendAsync(HostKeyRotation.Announce(_leg.HostKeys)).ConfigureAwait(false);
        _report.LoggedIn(client.Entry);
        return await bridge.RunAsync().ConfigureAwait(false);
    }

    /// <summary>The authenticated pod leg of the session as it is now: it may have changed while we dialled.</summary>
    private async Task<SshClientTransport> ReachPodAsync(AuthenticatedClient client, OpenSession session, CancellationToken cancellation)
    {
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            client = await AwaitPodAsync(client, session, cancellation).ConfigureAwait(false);
            LoginGate.Check(client.Entry, _services.Time.GetUtcNow());
            SshClientTransport podLeg = await LogInToPodAsync(client, cancellation).ConfigureAwait(false);
            SessionEntry now;
            try
            {
                now = CurrentEntry(client);
                // A failed readiness probe does not end a login that the pod has just accepted. Another pod is waited for.
                if (!LoginGate.IsStarting(now, _services.Time.GetUtcNow()))
                {
                    LoginGate.Check(now, _services.Time.GetUtcNow());
                }
                if (now.PodUid == client.Entry.PodUid)
                {
                    return podLeg;
                }
            }
            catch (LoginRefusedException)
            {
                await podLeg.DisposeAsync().ConfigureAwait(false);
                throw;
            }
            await podLeg.DisposeAsync().ConfigureAwait(false);
            client = client with { Entry = now };
        }
        throw Changed(client);
    }

    private async Task<SshClientTransport> LogInToPodAsync(AuthenticatedClient client, CancellationToken cancellation)
    {
        using var over = new CancellationTokenSource();
        Task<SshClientTransport> login = _services.PodLogin.RunAsync(client, _leg.Socket, RelayBannerAsync, cancellation);
        Task wait = Task.Delay(SilentLogin, _services.Time, over.Token);
        if (await Task.WhenAny(login, wait).ConfigureAwait(false) == wait)
        {
            await SendBannerAsync(
                $"The pod of session {client.Entry.SessionId} has not completed the login yet. Waiting up to {_services.Options.PodLoginTimeout.TotalSeconds:0} seconds.")
                .ConfigureAwait(false);
        }
        over.Cancel();
        return await login.ConfigureAwait(false);
    }

    private async Task<AuthenticatedClient> AwaitPodAsync(AuthenticatedClient client, OpenSession session, CancellationToken cancellation)
    {
        if (!LoginGate.IsStarting(client.Entry, _services.Time.GetUtcNow()))
        {
            return client;
        }
        TimeSpan limit = _services.Options.WaitForPod;
        if (limit == TimeSpan.Zero)
        {
            return client;
        }
        await SendBannerAsync($"Session {client.Entry.SessionId} is starting ({client.Entry.Reason}); waiting up to {limit.TotalSeconds:0} s for its pod.").ConfigureAwait(false);
        using var patience = new CancellationTokenSource(limit, _services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        while (!either.IsCancellationRequested && LoginGate.IsStarting(client.Entry, _services.Time.GetUtcNow()))
        {
            Task change = session.NextChange();
            // What changed before that is seen here.
            client = client with { Entry = CurrentEntry(client) };
            if (LoginGate.IsStarting(client.Entry, _services.Time.GetUtcNow()))
            {
                await change.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        cancellation.ThrowIfCancellationRequested();
        return client;
    }

    private SessionEntry CurrentEntry(AuthenticatedClient client) =>
        _services.Table.TryGet(client.Entry.SessionId, out SessionEntry? now) && client.RefusalBy(now, _services.Time.GetUtcNow()) is null ? now : throw Changed(client);

    private static LoginRefusedException Changed(AuthenticatedClient client) => new(
        ConnectionEnd.SessionChanged, $"Session {client.Entry.SessionId} changed while the gateway was connecting to it. Please try again.");

    private ValueTask SendBannerAsync(string sentence) =>
        RelayBannerAsync(SshWriter.Message(MessageNumber.UserAuthBanner).WriteString(sentence + "\r\n").WriteString("en").ToArray());

    // A client that has left is found out when it is told that it is in; the pod must not be blamed for it.
    private async ValueTask RelayBannerAsync(ReadOnlyMemory<byte> banner)
    {
        try
        {
            await _leg.Output.SendAsync(banner).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
        }
    }

    // The banner is what ssh shows; the DISCONNECT is what clients without banners show.
    private async Task ExplainAsync(string sentence)
    {
        // A client that did not take the pod's banners does not take this one either.
        await SendBannerAsync(sentence).AsTask().WaitAsync(Linger, _services.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await SendAwayAsync(DisconnectReason.ByApplication, sentence).ConfigureAwait(false);
    }

    private async Task SendAwayAsync(DisconnectReason reason, string sentence)
    {
        await _leg.DisconnectAsync(reason, sentence).ConfigureAwait(false);
        await _leg.DrainAsync(Linger).ConfigureAwait(false);
    }

    private static ConnectionEnd EndOf(DisconnectReason violation) => violation switch
    {
        DisconnectReason.NoMoreAuthMethodsAvailable => ConnectionEnd.AuthenticationFailed,
        DisconnectReason.KeyExchangeFailed => ConnectionEnd.ClientKeyExchangeFailed,
        _ => ConnectionEnd.ClientProtocolError,
    };

    private async Task ExpireAsync()
    {
        await _leg.DisconnectAsync(DisconnectReason.ByApplication, "The login took too long.").ConfigureAwait(false);
        _leg.Abort();
    }

    private void ReportEnd(BridgeEnd end)
    {
        _report.UserName = _authentication.UserName;
        _report.Count(_leg.Input.TotalBytes, _leg.Output.TotalBytes);
        _report.Ended(_authentication.CertificateRefusal is { } refusal ? end with { Detail = $"{end.Detail} {refusal}".TrimStart() } : end);
    }
}
