using System.Globalization;
using System.Net;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Listening;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Relay;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;

namespace SshGateway.Proxy.Accounting;

/// <summary>What is known of a connection by those who keep accounts of it: the metrics, the log and the audit log.</summary>
internal sealed class ConnectionReport
{
    private readonly ConnectionServices _services;
    private readonly long _startedAt;
    private string _protocol = "none";
    private SessionEntry? _entry;
    private AuthenticatedClient? _authenticated;
    private TimeSpan? _keyExchangeAfter;
    private TimeSpan? _authenticatedAfter;
    private TimeSpan? _loggedInAfter;
    private long _fromClient;
    private long _toClient;

    public ConnectionReport(ConnectionServices services, IPEndPoint peer)
    {
        _services = services;
        Client = peer;
        _startedAt = services.Time.GetTimestamp();
        services.Metrics.Accepted();
    }

    /// <summary>Where the client connected from.</summary>
    public IPEndPoint Client { get; set; }

    /// <summary>The session that was asked for, as it was written.</summary>
    public string UserName { get; set; } = "";

    /// <summary>How the connection ended; null: it has not.</summary>
    public ConnectionEnd? End { get; private set; }

    private TimeSpan Elapsed => _services.Time.GetElapsedTime(_startedAt);

    /// <summary>All bytes so far. A connection may last for days: they are counted while it does.</summary>
    public void Count(long fromClient, long toClient)
    {
        _services.Metrics.Transferred(fromClient - _fromClient, toClient - _toClient);
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

    public void KeysExchanged() => _keyExchangeAfter = Elapsed;

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
        _services.Metrics.LoggedIn(after);
        ConnectionLog.LoggedIn(
            _services.Logger, Client, entry.SessionId, entry.PodName, entry.PodUid, entry.Endpoint, _authenticated!.Credential, (long)after.TotalMilliseconds);
    }

    public void PassthroughOpened(SessionEntry entry)
    {
        _entry = entry;
        _loggedInAfter = Elapsed;
        ConnectionLog.PassthroughOpened(_services.Logger, Client, entry.SessionId, entry.PodName, entry.PodUid, entry.Endpoint);
    }

    public void Defect(Exception defect) => ConnectionLog.Defect(_services.Logger, defect, Client, Printable(UserName));

    public void Ended(BridgeEnd end)
    {
        End = end.End;
        Blame blame = end.End.BlameFor();
        TimeSpan elapsed = Elapsed;
        string detail = Printable(end.Detail);
        SshCertificate? certificate = _authenticated?.Certificate;
        _services.Metrics.Ended(end.End, blame);
        ConnectionLog.Ended(
            _services.Logger,
            // Somebody who can do something about it should see these.
            blame == Blame.Pod || end.End == ConnectionEnd.ProxyHeaderInvalid ? LogLevel.Warning : LogLevel.Information,
            Client,
            Printable(UserName),
            end.End,
            blame,
            elapsed.TotalSeconds,
            _fromClient,
            _toClient,
            detail);
        _services.Audit.Write(new AuditRecord
        {
            Time = _services.Time.GetUtcNow(),
            Proxy = _services.Options.Id,
            Protocol = _protocol,
            Client = Client.ToString(),
            Session = Printable(UserName),
            Pod = _entry?.PodName,
            PodUid = _entry?.PodUid,
            Key = _authenticated?.Key.Fingerprint,
            Certificate = certificate is null ? null : Printable(certificate.KeyId),
            CertificateSerial = certificate?.Serial.ToString(CultureInfo.InvariantCulture),
            CertificateAuthority = certificate?.SignatureKey.Fingerprint,
            End = end.End.ToString(),
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

    // Some of it is a peer's words.
    private static string Printable(string? text) =>
        string.Concat((text ?? "").Take(512).Select(character => char.IsControl(character) ? ' ' : character));
}
