using System.Runtime.CompilerServices;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Recording;
using SshGateway.Proxy.Relay;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.SshConnections;

/// <summary>One SSH client's connection, to its end: key exchange, authentication, pod login, relay.</summary>
internal sealed class SshConnection : IClientConnection
{
    // How long a client may take to read why it is disconnected.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private static readonly byte[] Success = [MessageNumber.UserAuthSuccess];

    private readonly SshServerTransport _leg;
    private readonly ConnectionLease _lease;
    private readonly ConnectionReport _report;
    private readonly OpenSessions _openSessions;
    private readonly SessionLogin _login;
    private readonly Recorder _recorder;
    private readonly SshConnectionTimeouts _timeouts;
    private readonly TimeProvider _time;
    private readonly Deadline _deadline;
    // Null once the client is let in.
    private volatile ClientAuthentication? _authentication;
    private volatile AuthenticatedClient? _client;
    private (RevocationList List, SessionEntry Entry)? _foundGood;
    private volatile Bridge? _bridge;
    private volatile Refusal? _stopReason;

    /// <param name="leg">The transport to the client; owned.</param>
    /// <param name="lease">What it holds of the limits.</param>
    /// <param name="authentication">Authenticates the client of this leg.</param>
    /// <param name="login">Opens the pod leg.</param>
    /// <param name="recorder">Records what is to be recorded.</param>
    /// <param name="timeouts">Of what comes before that.</param>
    public SshConnection(
        SshServerTransport leg, ConnectionLease lease, ConnectionReport report, ClientAuthentication authentication, OpenSessions openSessions, SessionLogin login,
        Recorder recorder, SshConnectionTimeouts timeouts, TimeProvider time)
    {
        (_leg, _lease, _report, _authentication, _openSessions) = (leg, lease, report, authentication, openSessions);
        (_login, _recorder, _timeouts, _time) = (login, recorder, timeouts, time);
        _deadline = new Deadline(time, () => _ = ExpireAsync());
        report.SshBegan();
    }

    /// <inheritdoc/>
    public bool IsAuthenticated => _lease.IsAuthenticated;

    /// <inheritdoc/>
    public string SessionId => _authentication?.UserName ?? _report.UserName;

    /// <inheritdoc/>
    public ClientDetails? Details => _report.Details;

    /// <inheritdoc/>
    public (long FromClient, long ToClient) Bytes => _report.Bytes;

    // OpenSSH's client leaves when its last key was refused.
    private ConnectionEnd HowClientLeft =>
        _authentication is { IsLastRefused: true } ? ConnectionEnd.AuthenticationFailed : ConnectionEnd.ClientLeftEarly;

    /// <inheritdoc/>
    public async Task RunAsync()
    {
        ConnectionOutcome outcome;
        try
        {
            Result<ConnectionOutcome> result = await ServeAsync().ConfigureAwait(false);
            outcome = result.IsSuccess ? result.Value : await RefuseAsync(result.Refusal).ConfigureAwait(false);
        }
        catch (PeerDisconnectedException disconnect)
        {
            outcome = new ConnectionOutcome(HowClientLeft, disconnect.Description);
        }
        catch (SshProtocolException violation)
        {
            await DisconnectAsync(violation.Reason, violation.Message).ConfigureAwait(false);
            outcome = new ConnectionOutcome(
                violation is KeyExchangeException ? ConnectionEnd.ClientKeyExchangeFailed : ConnectionEnd.ClientProtocolError, violation.Message);
        }
        catch (SshFormatException malformed)
        {
            await DisconnectAsync(DisconnectReason.ProtocolError, malformed.Message).ConfigureAwait(false);
            outcome = new ConnectionOutcome(ConnectionEnd.ClientProtocolError, malformed.Message);
        }
        catch (PeerGoneException gone)
        {
            _report.ClientGone(gone);
            outcome = new ConnectionOutcome(_deadline.Expired ? ConnectionEnd.ClientTooSlow : HowClientLeft);
        }
#pragma warning disable CA1031 // The last resort: one connection's defect must not end the others.
        catch (Exception defect)
        {
            _report.UserName = SessionId;
            _report.Defect(defect);
            await DisconnectAsync(DisconnectReason.ByApplication, NameConnection("The gateway failed on an internal error. Please report this to the operators.")).ConfigureAwait(false);
            outcome = new ConnectionOutcome(ConnectionEnd.InternalError);
        }
#pragma warning restore CA1031
        ReportEnd(_stopReason is { } reason ? outcome with { End = reason.End, Detail = reason.Detail ?? outcome.Detail } : outcome);
    }

    /// <inheritdoc/>
    public void Close(Refusal reason) => _bridge?.Close(reason);

    /// <inheritdoc/>
    public Refusal? FindRevocation(SessionEntry session)
    {
        if (_client is not { } client)
        {
            return null;
        }
        // Every connection is asked every second, and the answer changes with these two alone.
        (RevocationList List, SessionEntry Entry) asked = (client.RevokedKeys.List, session);
        if (_foundGood == asked)
        {
            return null;
        }
        if (client.FindRevocation(session) is not { } reason)
        {
            _foundGood = asked;
            return null;
        }
        string credential = client.Certificate is null ? "key" : "certificate";
        return new Refusal(
            ConnectionEnd.KeyRevoked,
            $"Your {credential} {reason}, so this connection to session {session.SessionId} was closed.");
    }

    /// <inheritdoc/>
    public TimeSpan? Review()
    {
        _report.Count(_leg.Input.TotalBytes, _leg.Output.TotalBytes);
        _leg.Socket.ReviewTimeout();
        return _bridge?.ReviewIdleTime();
    }

    /// <inheritdoc/>
    public async Task StopAsync(Refusal reason)
    {
        _stopReason = reason;
        if (_bridge is { } bridge)
        {
            bridge.Close(reason);
            return;
        }
        await _leg.DisconnectAsync(DisconnectReason.ByApplication, reason.Sentence).ConfigureAwait(false);
        _leg.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        _deadline.Dispose();
        await _leg.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<Result<ConnectionOutcome>> ServeAsync()
    {
        _deadline.Set(_timeouts.KeyExchange);
        await _leg.HandshakeAsync().ConfigureAwait(false);
        _report.KeysExchanged(_leg);
        _deadline.Set(_timeouts.Authentication);
        if (await _authentication!.RunAsync().ConfigureAwait(false) is not { } client)
        {
            const string Sentence = "Too many authentication failures";
            await DisconnectAsync(DisconnectReason.NoMoreAuthMethodsAvailable, Sentence).ConfigureAwait(false);
            return new ConnectionOutcome(ConnectionEnd.AuthenticationFailed, Sentence);
        }
        // The client has done its part; dialling has limits of its own.
        _deadline.Stop();
        _client = client;
        _lease.LoggedIn();
        _report.UserName = SessionId;
        _authentication = null;
        _report.Authenticated(client);
        // The pod's banners are relayed, and may be as large as any packet.
        _leg.Output.AllowLargePackets();
        Result<OpenSession> session = _openSessions.Add(client.Entry, this);
        if (!session.IsSuccess)
        {
            return session.Refusal;
        }
        try
        {
            return await _recorder.RunAsync(
                client.Entry, _report.Id, recording => ServeAsync(client, session.Value, recording), _report.Recorded).ConfigureAwait(false);
        }
        finally
        {
            _openSessions.Remove(session.Value, this);
        }
    }

    private async Task<Result<ConnectionOutcome>> ServeAsync(AuthenticatedClient client, OpenSession session, ConnectionRecording? recording)
    {
        Result<SshClientTransport> login = await LogInToPodAsync(client, session, recording).ConfigureAwait(false);
        if (!login.IsSuccess)
        {
            return login.Refusal;
        }
        await using ConfiguredAsyncDisposable disposal = login.Value.ConfigureAwait(false);
        await LetInAsync(client, session, login.Value, recording).ConfigureAwait(false);
        return await _bridge!.RunAsync().ConfigureAwait(false);
    }

    // A session keeps the locals of ServeAsync to its end, so this and the next method have their own.
    private Task<Result<SshClientTransport>> LogInToPodAsync(AuthenticatedClient client, OpenSession session, ConnectionRecording? recording) =>
        CancelWhenClientLeaves.RunAsync(
            cancellation => _login.RunAsync(client, session, _leg.Socket.Loop, RelayBannerAsync, recording?.Notice, cancellation), _leg.WatchAsync);

    private async Task LetInAsync(AuthenticatedClient client, OpenSession session, SshClientTransport podLeg, ConnectionRecording? recording)
    {
        var bridge = new Bridge(_leg, podLeg, session.SessionId, _time, recording);
        _bridge = bridge;
        recording?.CloseOnFailure(bridge.Close);
        // From here on changes of the session find the bridge. One that came since the login read the table did not.
        session.Review(_time.GetUtcNow());
        // In one write.
        await _leg.Output.OpenBatchAsync().ConfigureAwait(false);
        _leg.Output.AppendControl(Success);
        if (HostKeyRotation.IsToleratedBy(_leg.PeerIdentification))
        {
            _leg.Output.CloseBatch();
            await _leg.Output.SendAsync(HostKeyRotation.Announce(_leg.HostKeys)).ConfigureAwait(false);
        }
        else
        {
            await _leg.Output.CloseAndFlushAsync().ConfigureAwait(false);
        }
        _report.LoggedIn(client.Entry, podLeg.Socket.RemoteEndPoint, recording?.Mode.ToString());
    }

    // A client that has left is found out when it is told that it is in; the pod must not be blamed for it.
    private async ValueTask RelayBannerAsync(ReadOnlyMemory<byte> banner)
    {
        try
        {
            await _leg.Output.SendAsync(banner).ConfigureAwait(false);
        }
        catch (PeerGoneException)
        {
        }
    }

    // The banner is what ssh shows; the DISCONNECT is what clients without banners show.
    private async Task<ConnectionOutcome> RefuseAsync(Refusal refusal)
    {
        string sentence = NameConnection(refusal.Sentence);
        // A client that did not take the pod's banners does not take this one either.
        await RelayBannerAsync(LoginWords.WriteBanner(sentence)).AsTask().WaitAsync(Linger, _time)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisconnectAsync(DisconnectReason.ByApplication, sentence).ConfigureAwait(false);
        return refusal.Outcome;
    }

    // So that whoever is asked for help finds it in the logs.
    private string NameConnection(string sentence) => $"{sentence} (connection {_report.Id})";

    private async Task DisconnectAsync(DisconnectReason reason, string sentence)
    {
        await _leg.DisconnectAsync(reason, sentence).ConfigureAwait(false);
        await _leg.DrainAsync(Linger).ConfigureAwait(false);
    }

    private async Task ExpireAsync()
    {
        await _leg.DisconnectAsync(DisconnectReason.ByApplication, "The login took too long.").ConfigureAwait(false);
        _leg.Abort();
    }

    private void ReportEnd(ConnectionOutcome outcome)
    {
        _report.UserName = SessionId;
        _report.Count(_leg.Input.TotalBytes, _leg.Output.TotalBytes);
        // A client that left at a key that would do, to ask for its passphrase perhaps, was not refused.
        if (_authentication is { IsSessionKnown: { } isKnown } authentication && (authentication.IsLastRefused || authentication.Refused.Decisive is null))
        {
            _report.LoginRefused(authentication.Refused, isKnown);
        }
        _report.Ended(outcome);
    }
}
