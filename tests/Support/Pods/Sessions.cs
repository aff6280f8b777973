using System.Net;
using System.Security.Cryptography;
using Google.Protobuf;
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
        SshPublicKey? forgotten = null,
        bool exec = false,
        RecordingMode recording = RecordingMode.None,
        Wake wake = Wake.OnLogin)
    {
        var entry = new Entry
        {
            SessionId = id,
            State = state,
            Access = access,
            PodName = "claude-" + id,
            PodUid = podUid,
            PodIp = withoutEndpoint ? ByteString.Empty : ByteString.CopyFrom((endpoint?.Address ?? IPAddress.Loopback).GetAddressBytes()),
            Port = exec ? 0 : (uint)(endpoint?.Port ?? 2222),
            Exec = exec ? new ExecPod { Container = "main" } : null,
            TargetUser = "claude",
            OwnerUser = owner,
            ExpiresAt = expiresAt,
            MaxConnections = (uint)maxConnections,
            IdleTimeout = (uint)idleTimeout.TotalSeconds,
            Reason = reason,
            Cause = cause,
            Passthrough = passthrough,
            Recording = recording,
            Wake = wake,
            ForgottenHostKeySha256 = HashOf(forgotten),
            HostKeySha256 = HashOf(recovered),
        };
        entry.AuthorizedKeys.AddRange(BlobsOf(keys));
        entry.HostKeys.AddRange(BlobsOf(hostKeys));
        entry.TrustedUserCaKeys.AddRange(BlobsOf(userCAs));
        entry.HostCaKeys.AddRange(BlobsOf(hostCAs));
        entry.AuthorizedPrincipals.AddRange(principals ?? []);
        entry.RevokedKeySha256.AddRange((revoked ?? []).Select(HashOf));
        return new SessionEntry(entry);
    }

    private static IEnumerable<ByteString> BlobsOf(SshPublicKey[]? keys) => (keys ?? []).Select(key => ByteString.CopyFrom(key.Blob.Span));

    private static ByteString HashOf(SshPublicKey? key) => key is null ? ByteString.Empty : ByteString.CopyFrom(SHA256.HashData(key.Blob.Span));
}
