using System.Net;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;

namespace SshGateway.Tests.Support.Pods;

/// <summary>Entries of the table.</summary>
internal static class Sessions
{
    public static SessionEntry Entry(
        string id = "abc12",
        EndpointState state = EndpointState.Ready,
        Access access = Access.Enabled,
        IPEndPoint? endpoint = null,
        bool withoutEndpoint = false,
        string podUid = "uid-1",
        string reason = "",
        string cause = "",
        long expiresAt = 0,
        int maxConnections = 0,
        TimeSpan idleTimeout = default,
        bool passthrough = false,
        SshPublicKey[]? keys = null,
        SshPublicKey[]? hostKeys = null,
        SshPublicKey[]? userCAs = null,
        SshPublicKey[]? hostCAs = null,
        string owner = "",
        SshPublicKey? recovered = null,
        string[]? principals = null,
        SshPublicKey[]? revoked = null,
        SshPublicKey? forgotten = null) => new(new SessionDetails
        {
            SessionId = id,
            State = state,
            Access = access,
            PodName = "claude-" + id,
            PodUid = podUid,
            Endpoint = withoutEndpoint ? null : endpoint ?? new IPEndPoint(IPAddress.Loopback, 2222),
            TargetUser = "claude",
            AuthorizedKeys = [.. (keys ?? []).Select(key => key.Blob)],
            HostKeys = [.. (hostKeys ?? []).Select(key => key.Blob)],
            TrustedUserCAKeys = [.. (userCAs ?? []).Select(key => key.Blob)],
            HostCAKeys = [.. (hostCAs ?? []).Select(key => key.Blob)],
            OwnerUser = owner,
            AuthorizedPrincipals = [.. (principals ?? []).Select(principal => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(principal))],
            RevokedKeys = [.. (revoked ?? []).Select(key => (ReadOnlyMemory<byte>)SHA256.HashData(key.Blob.Span))],
            ExpiresAt = expiresAt,
            MaxConnections = maxConnections,
            IdleTimeout = idleTimeout,
            Reason = reason,
            Cause = cause,
            Passthrough = passthrough,
            ForgottenHostKeySha256 = forgotten is null ? default : SHA256.HashData(forgotten.Blob.Span),
            HostKeySha256 = recovered is null ? default : SHA256.HashData(recovered.Blob.Span),
        });
}
