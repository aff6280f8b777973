using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using SshGateway.Feed;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Recording;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.Accounting;

/// <summary>What those who account for connections know of one: the metrics, the log and the audit log.</summary>
internal sealed class ConnectionReport
{
    private readonly ConnectionMetrics _metrics;
    private readonly AuditLog _audit;
    private readonly RepeatedRefusals _refusals;
    private readonly RefusedLogins _refusedLogins;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _startedAt;
    private readonly LoginSpans _spans = new();
    private string _protocol = "none";
    private SessionEntry? _entry;
    private AuthenticatedClient? _authenticated;
    private RefusedKeys? _refused;
    private bool? _isSessionKnown;
    private TimeSpan? _keyExchangeAfter;
    private TimeSpan? _authenticatedAfter;
    private TimeSpan? _loggedInAfter;
    private string? _recording;
    private RecordingSummary? _recorded;
    private long _fromClient;
    private long _toClient;

    public ConnectionReport(
        string id, IPEndPoint client, ConnectionMetrics metrics, AuditLog audit, RepeatedRefusals refusals, RefusedLogins refusedLogins, TimeProvider time,
        ILogger<ConnectionReport> logger)
    {
        (Id, Client, _metrics, _audit, _refusals, _refusedLogins, _time, _logger) = (id, client, metrics, audit, refusals, refusedLogins, time, logger);
        _startedAt = time.GetTimestamp();
        metrics.Accepted();
    }

    /// <summary>Names the connection in every log, at the pod too, and to its user.</summary>
    public string Id { get; }

    /// <summary>Where the client connected from.</summary>
    public IPEndPoint Client { get; set; }

    /// <summary>The session that was asked for, as it was written.</summary>
    public string UserName { get; set; } = "";

    /// <summary>Who was let in; null: nobody yet.</summary>
    public ClientDetails? Details { get; private set; }

    /// <summary>As last counted.</summary>
    public (long FromClient, long ToClient) Bytes => (Interlocked.Read(ref _fromClient), Interlocked.Read(ref _toClient));

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
    public void SshBegan()
    {
        _protocol = "ssh";
        _spans.Begin(LoginTrace.KeyExchange);
    }

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
        _spans.Begin(LoginTrace.Authentication);
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            ConnectionLog.KeysExchanged(_logger, Id, Client, transport.NegotiatedAlgorithms);
        }
    }

    /// <summary>The client left, or its connection broke.</summary>
    public void ClientGone(PeerGoneException gone) => ConnectionLog.ClientGone(_logger, Id, Client, gone.Message);

    /// <summary>A key that the client offered was refused.</summary>
    public void KeyRefused(KeyRefusal reason) => _metrics.KeyRefused(reason);

    /// <summary>The client asked for a login, and its end came before that.</summary>
    /// <param name="keys">The keys that it offered.</param>
    /// <param name="isSessionKnown">Whether there is a session of that name.</param>
    public void LoginRefused(RefusedKeys keys, bool isSessionKnown)
    {
        (_refused, _isSessionKnown) = (keys, isSessionKnown);
        if (isSessionKnown && keys.Decisive is { } key)
        {
            _refusedLogins.Add(UserName, key.Problem.Reason, key.Fingerprint);
        }
    }

    public void Authenticated(AuthenticatedClient client)
    {
        _authenticatedAfter = Elapsed;
        _spans.EndStep();
        _entry = client.Entry;
        _authenticated = client;
        string certificate = client.Certificate is null ? "" : LogText.Printable(client.Certificate.KeyId);
        Details = new ClientDetails(Id, _protocol, Client, _time.GetUtcNow()) { Key = client.Key, Certificate = certificate };
    }

    /// <param name="server">Where its SSH server is: the pod's, or an exec relay.</param>
    /// <param name="recording">What is recorded of it; null: nothing.</param>
    public void LoggedIn(SessionEntry entry, IPEndPoint server, string? recording)
    {
        _recording = recording;
        TimeSpan after = Elapsed;
        _entry = entry;
        _loggedInAfter = after;
        _metrics.LoggedIn(after);
        EndTrace(null);
        ConnectionLog.LoggedIn(
            _logger, Id, Client, entry.SessionId, entry.PodName, entry.PodUid, entry.IsExec ? $"exec relay {server}" : $"{server}", LogText.Printable(_authenticated!.Credential), (long)after.TotalMilliseconds);
        _audit.Write(Describe("login", after));
    }

    /// <summary>What was recorded of it, or why it is not.</summary>
    public void Recorded(RecordingSummary summary) => _recorded = summary;

    public void PassthroughOpened(SessionEntry entry)
    {
        _entry = entry;
        Details = new ClientDetails(Id, _protocol, Client, _time.GetUtcNow());
        TimeSpan after = Elapsed;
        _loggedInAfter = after;
        EndTrace(null);
        ConnectionLog.PassthroughOpened(_logger, Id, Client, entry.SessionId, entry.PodName, entry.PodUid, entry.Endpoint);
        _audit.Write(Describe("login", after));
    }

    public void Defect(Exception defect) => ConnectionLog.Defect(_logger, defect, Id, Client, LogText.Printable(UserName));

    public void Ended(ConnectionOutcome outcome)
    {
        End = outcome.End;
        EndTrace(outcome.End);
        _metrics.Ended(outcome.End, outcome.End.Blame);
        TimeSpan elapsed = Elapsed;
        string? session = _isSessionKnown == true ? UserName : null;
        if (!CanRepeat || _refusals.IsFirst(Client.Address, outcome.End, session, _refused?.Decisive?.Problem.Reason, count => ReportEnd(outcome, elapsed, count)))
        {
            ReportEnd(outcome, elapsed, 1);
        }
    }

    // A stranger may do these as often as they like: what a limit refuses, and logins without the right key, whose
    // lines are long.
    private bool CanRepeat => _refused?.Decisive is not null || End is ConnectionEnd.AuthenticationFailed or ConnectionEnd.ProxyFull
        or ConnectionEnd.TooManyUnauthenticated or ConnectionEnd.Displaced
        or ConnectionEnd.SourcePenalized or ConnectionEnd.ProxyHeaderInvalid || (End == ConnectionEnd.TooManyConnections && _authenticated is null);

    private void ReportEnd(ConnectionOutcome outcome, TimeSpan elapsed, int count)
    {
        Blame blame = outcome.End.Blame;
        string detail = DescribeLogin(LogText.Printable(outcome.Detail));
        ConnectionLog.Ended(
            _logger,
            // Somebody who can do something about it should see these.
            blame == Blame.Pod || outcome.End == ConnectionEnd.ProxyHeaderInvalid ? LogLevel.Warning : LogLevel.Information,
            Id,
            Client,
            outcome.End.Description,
            LogText.Printable(UserName),
            outcome.End,
            blame,
            elapsed.TotalSeconds,
            _fromClient,
            _toClient,
            count == 1 ? detail : $"{detail} (one of {count} from this source since the last such line)");
        _audit.Write(Describe("end", elapsed) with
        {
            Count = count == 1 ? null : count,
            End = outcome.End.ToString(),
            Blame = blame.ToString(),
            Detail = detail.Length > 0 ? detail : null,
            BytesFromClient = _fromClient,
            BytesToClient = _toClient,
            SessionKnown = _isSessionKnown,
            RefusedKeys = _refused?.Decisive is null ? null : [.. _refused.Named.Select(key => new AuditedKey(key.Type, key.Fingerprint, key.Problem.Reason.ToString()))],
            Recordings = _recorded is { Count: > 0 } ? _recorded.Files : null,
            MoreRecordings = _recorded is { } recorded && recorded.Count > recorded.Files.Count ? recorded.Count - recorded.Files.Count : null,
            UnrecordedBytes = _recorded is { UnrecordedBytes: > 0 } ? _recorded.UnrecordedBytes : null,
            MoreRefusedKeys = _refused is { More: > 0 } ? _refused.More : null,
        });
    }

    private string DescribeLogin(string detail) => _refused is null ? detail
        : $"{detail} {(_isSessionKnown == true ? "The session exists." : "There is no such session.")} {_refused}".TrimStart();

    /// <param name="end">How the connection ended without a login; null: it logged in.</param>
    private void EndTrace(ConnectionEnd? end)
    {
        if (_spans.IsRunning)
        {
            _spans.End(end, ("connection", Id), ("protocol", _protocol), ("session", LogText.Printable(UserName)), ("pod.uid", _entry?.PodUid));
        }
    }

    private AuditRecord Describe(string what, TimeSpan elapsed)
    {
        SshCertificate? certificate = _authenticated?.Certificate;
        return new AuditRecord
        {
            Time = _time.GetUtcNow(),
            Proxy = _audit.ProxyId,
            Event = what,
            Connection = Id,
            Protocol = _protocol,
            Client = Client.ToString(),
            Session = LogText.Printable(UserName),
            Pod = _entry?.PodName,
            PodUid = _entry?.PodUid,
            Backend = _entry is null ? null : _entry.IsExec ? "exec" : "ssh",
            Key = _authenticated?.Key.Fingerprint,
            Certificate = certificate is null ? null : LogText.Printable(certificate.KeyId),
            CertificateSerial = certificate?.Serial.ToString(CultureInfo.InvariantCulture),
            CertificateAuthority = certificate?.SignatureKey.Fingerprint,
            Recording = _recording,
            RecordingProblem = _recorded?.Problem,
            Seconds = elapsed.TotalSeconds,
            KeyExchangeAfter = _keyExchangeAfter?.TotalSeconds,
            AuthenticatedAfter = _authenticatedAfter?.TotalSeconds,
            LoggedInAfter = _loggedInAfter?.TotalSeconds,
        };
    }
}

/// <summary>Opens a report for each connection.</summary>
internal sealed class ConnectionReports(
    ConnectionMetrics metrics, AuditLog audit, RepeatedRefusals refusals, RefusedLogins refusedLogins, TimeProvider time, ILogger<ConnectionReport> logger)
{
    // Ids of a proxy that was started again must not be those of its predecessor.
    private readonly string _start = RandomNumberGenerator.GetHexString(8, lowercase: true);
    private long _last;

    public ConnectionReport Create(IPEndPoint client) => new(
        $"{_start}-{Interlocked.Increment(ref _last)}", client, metrics, audit, refusals, refusedLogins, time, logger);
}
