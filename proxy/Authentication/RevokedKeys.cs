using System.Security.Cryptography;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Revocation;

namespace SshGateway.Proxy.Authentication;

/// <summary>What must not log in, by <c>Proxy:RevokedKeys</c> or by a session's own list. Thread-safe.</summary>
internal sealed class RevokedKeys
{
    private volatile RevocationList _list = RevocationList.Empty;

    /// <summary>Of all sessions, as it was last read.</summary>
    public RevocationList List
    {
        get => _list;
        set => _list = value;
    }

    /// <summary>Why the key, or the certificate by which it logs in, is revoked; null: it is not.</summary>
    public string? FindReason(SshPublicKey key, SshCertificate? certificate, SessionEntry session)
    {
        if (_list.FindReason(key, certificate) is { } reason)
        {
            return reason;
        }
        if (!session.HasRevokedKeys)
        {
            return null;
        }
        return IsRevokedBy(session, key) ? "is revoked by the session"
            : certificate is { SignatureKey: var ca } && IsRevokedBy(session, ca) ? "is of a CA that the session revokes"
            : null;
    }

    private static bool IsRevokedBy(SessionEntry session, SshPublicKey key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key.Blob.Span, hash);
        return session.Revokes(hash);
    }
}
