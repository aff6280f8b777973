using System.Globalization;
using System.Net;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.Accounting;

/// <summary>
/// What is known of a connection by those who keep accounts of it: the metrics, the log and the audit log.
/// </summary>
internal sealed class ConnectionReport
{
    private readonly ConnectionMetrics _metrics;
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _startedAt;
    private string _protocol = "none";
    private SessionEntry? _entry;
    private AuthenticatedClient? _authenticated;
    private TimeSpan? _keyExchangeAfter;
    private TimeSpan? _authenticatedAfter;
    private TimeSpan? _loggedInAfter;
    private long _fromClient;
    private long _toClient;

    public ConnectionReport(IPEndPoint client, ConnectionMetrics metrics, AuditLog audit, TimeProvider time, ILogger<ConnectionReport> logger)
    {
        (Client, _metrics, _audit, _time, _logger) = (client, metrics, audit, time, logger);
        _startedAt = time.GetTimestamp();
        metrics.Accepted();
    }

    /// <summary>Where the client connected from.</summary>
    public IPEndPoint Client { get; set; }

    /// <summary>The session that was asked for, as it was written.</summary>
    public string UserName { get; set; } = "";

    /// <summary>How the connection ended; null: it has not.</summary>
    public ConnectionEnd? End { get; private set; }

    private TimeSpan Elapsed => _time.GetElapsedTime(_startedAt);

    /// <summary>All bytes so far. A connection may last for days: they are counted while it does.</summary>
    public void Count(long fromClient, long toClient)
    {
        _metrics.Transferred(fromClient - _fromClient, toClient - _toClient);
        (_fromClient, _toClient) = (fromClient, toClient);
    }

    /// <summary>The client speaks SSH, or waits for somebody who does.</summary>
    public void SshBegan() => _protocol = "ssh";

    /// <summary>The client asked for a session by CONNECT.</summary>
    public void PassthroughAsked(string sessionId)
    {
        _protocol = "passthrough";
        UserName = sessionId;
    }

    /// <param name="transport">Has the algorithms.</param>
    public void KeysExchanged(SshTransport transport)
    {
        _keyExchangeAfter = Elapsed;
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            ConnectionLog.KeysExchanged(_logger, Client, transport.NegotiatedAlgorithms);
        }
    }

    /// <summary>The client left, or its connection broke.</summary>
    public void ClientGone(PeerGoneException gone) => ConnectionLog.ClientGone(_logger, Client, gone.Message);

    public void Authenticated(AuthenticatedClient client)
    {
        _authenticatedAfter = Elapsed;
        _entry = client.Entry;
        _authenticated = client;
    }

    public void LoggedIn(SessionEntry entry)
    {
        TimeSpan after = Elapsed;
        _entry = entry;
        _loggedInAfter = after;
        _metrics.LoggedIn(after);
        ConnectionLog.LoggedIn(
            _logger, Client, entry.SessionId, entry.PodName, entry.PodUid, entry.Endpoint, LogText.Printable(_authenticated!.Credential), (long)after.TotalMilliseconds);
    }

    public void PassthroughOpened(SessionEntry entry)
    {
        _entry = entry;
        _loggedInAfter = Elapsed;
        ConnectionLog.PassthroughOpened(_logger, Client, entry.SessionId, entry.PodName, entry.PodUid, entry.Endpoint);
    }

    public void Defect(Exception defect) => ConnectionLog.Defect(_logger, defect, Client, LogText.Printable(UserName));

    public void Ended(ConnectionOutcome outcome)
    {
        End = outcome.End;
        Blame blame = outcome.End.Blame;
        TimeSpan elapsed = Elapsed;
        string detail = LogText.Printable(outcome.Detail);
        SshCertificate? certificate = _authenticated?.Certificate;
        _metrics.Ended(outcome.End, blame);
        ConnectionLog.Ended(
            _logger,
            // Somebody who can do something about it should see these.
            blame == Blame.Pod || outcome.End == ConnectionEnd.ProxyHeaderInvalid ? LogLevel.Warning : LogLevel.Information,
            Client,
            outcome.End.Description,
            LogText.Printable(UserName),
            outcome.End,
            blame,
            elapsed.TotalSeconds,
            _fromClient,
            _toClient,
            detail);
        _audit.Write(new AuditRecord
        {
            Time = _time.GetUtcNow(),
            Proxy = _audit.ProxyId,
            Protocol = _protocol,
            Client = Client.ToString(),
            Session = LogText.Printable(UserName),
            Pod = _entry?.PodName,
            PodUid = _entry?.PodUid,
            Key = _authenticated?.Key.Fingerprint,
            Certificate = certificate is null ? null : LogText.Printable(certificate.KeyId),
            CertificateSerial = certificate?.Serial.ToString(CultureInfo.InvariantCulture),
            CertificateAuthority = certificate?.SignatureKey.Fingerprint,
            End = outcome.End.ToString(),
            Blame = blame.ToString(),
            Detail = detail.Length > 0 ? detail : null,
            BytesFromClient = _fromClient,
            BytesToClient = _toClient,
            Seconds = elapsed.TotalSeconds,
            KeyExchangeAfter = _keyExchangeAfter?.TotalSeconds,
            AuthenticatedAfter = _authenticatedAfter?.TotalSeconds,
            LoggedInAfter = _loggedInAfter?.TotalSeconds,
        });
    }
}

/// <summary>Opens a report for each connection.</summary>
internal sealed class ConnectionReports(ConnectionMetrics metrics, AuditLog audit, TimeProvider time, ILogger<ConnectionReport> logger)
{
    public ConnectionReport Create(IPEndPoint client) => new(client, metrics, audit, time, logger);
}
