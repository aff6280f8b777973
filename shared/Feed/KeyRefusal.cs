namespace SshGateway.Feed;

/// <summary>
/// Why a proxy refused a key that a client offered: the closed list for the log, the audit log, the metrics and the
/// operator's events. The client is told none of it.
/// </summary>
public enum KeyRefusal
{
    /// <summary>There is no session of this name.</summary>
    UnknownSession,

    /// <summary>The key is none of the session's.</summary>
    NotAuthorized,

    /// <summary>The key, the certificate or its CA is revoked, by the session or for all sessions.</summary>
    Revoked,

    /// <summary>The gateway does not have the algorithm, such as ssh-dss or ssh-rsa with SHA-1.</summary>
    UnsupportedAlgorithm,

    /// <summary>The key or certificate cannot be read, or its size is not accepted.</summary>
    MalformedKey,

    /// <summary>The client's signature, or the CA's on the certificate, does not verify.</summary>
    InvalidSignature,

    /// <summary>The client signed for another host key than the gateway's: somebody may be in between.</summary>
    OtherHostKey,

    /// <summary>The certificate is for hosts.</summary>
    NotUserCertificate,

    /// <summary>The session does not trust the certificate's CA.</summary>
    UntrustedCA,

    /// <summary>The certificate has none of the principals that the session takes.</summary>
    WrongPrincipal,

    /// <summary>The certificate is not valid yet.</summary>
    CertificateNotYetValid,

    /// <summary>The certificate has expired.</summary>
    CertificateExpired,

    /// <summary>The certificate's source-address does not admit the client's address.</summary>
    SourceAddress,

    /// <summary>The certificate has a critical option that the gateway cannot fulfil.</summary>
    CriticalOption,
}

/// <summary>Refusals of keys, in words.</summary>
public static class KeyRefusals
{
    /// <summary>
    /// What the reason means, to follow "logins were refused because"; the word itself where it is of a newer proxy.
    /// </summary>
    public static string Describe(string reason) =>
        !Enum.TryParse(reason, ignoreCase: false, out KeyRefusal known) || !Enum.IsDefined(known) ? reason : known switch
        {
            KeyRefusal.UnknownSession => "there is no such session",
            KeyRefusal.NotAuthorized => "the session does not list the key",
            KeyRefusal.Revoked => "the key is revoked",
            KeyRefusal.UnsupportedAlgorithm => "the key's algorithm is not supported",
            KeyRefusal.MalformedKey => "the key cannot be read",
            KeyRefusal.InvalidSignature => "the signature is not valid",
            KeyRefusal.OtherHostKey => "the client saw another host key",
            KeyRefusal.NotUserCertificate => "the certificate is not a user certificate",
            KeyRefusal.UntrustedCA => "the session does not trust the certificate's CA",
            KeyRefusal.WrongPrincipal => "the certificate has no principal of the session",
            KeyRefusal.CertificateNotYetValid => "the certificate is not valid yet",
            KeyRefusal.CertificateExpired => "the certificate has expired",
            KeyRefusal.SourceAddress => "the certificate does not admit the client's address",
            KeyRefusal.CriticalOption => "the certificate has a critical option that cannot be fulfilled",
            _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
        };
}
