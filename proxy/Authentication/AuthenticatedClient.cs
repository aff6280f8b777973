using System.Net;
using SshGateway.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Authentication;

/// <summary>A client that proved to hold a key that opens the session, by itself or by a certificate.</summary>
/// <param name="Entry">The session as it was when the signature was verified.</param>
/// <param name="Key">The key that made the verified signature.</param>
/// <param name="Address">Where the client connected from.</param>
/// <param name="Certificate">The verified certificate by which the key opens the session; null: the session lists the
/// key.</param>
internal sealed record AuthenticatedClient(SessionEntry Entry, SshPublicKey Key, IPEndPoint Address, SshCertificate? Certificate = null)
{
    /// <summary>By what it was let in, for a log: the key's fingerprint, and the certificate.</summary>
    public string Credential => Certificate is null ? Key.Fingerprint : $"{Key.Fingerprint} by the {Certificate}";

    /// <summary>Its identification line (RFC 4253 section 4.2).</summary>
    public string Identification { get; init; } = "";

    /// <summary>Names its connection in every log.</summary>
    public required string ConnectionId { get; init; }

    /// <summary>What is revoked for all sessions.</summary>
    public required RevokedKeys RevokedKeys { get; init; }

    /// <summary>Why the session, as it is now, does not let this client in; null: it does.</summary>
    public KeyProblem? FindProblem(SessionEntry session, DateTimeOffset now) =>
        FindRevocation(session) is { } revocation ? new KeyProblem(KeyRefusal.Revoked, revocation)
        : Certificate is not null ? UserCertificateRules.FindProblem(Certificate, session, Address.Address, now)
        : session.Authorizes(Key.Blob.Span) ? null
        : new KeyProblem(KeyRefusal.NotAuthorized, "is none of the session's keys");

    /// <summary>Why what the client was let in by is revoked now; null: it is not.</summary>
    public string? FindRevocation(SessionEntry session) => RevokedKeys.FindReason(Key, Certificate, session);
}
