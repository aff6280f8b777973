using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;
using SshGateway.Proxy.Table;
using SshGateway.Shared.Protos;
using SshGateway.Shared.Sessions;
using SshGateway.Shared.Ssh;

namespace SshGateway.Proxy.Feed;

/// <summary>The feed's Entry as the table's. Every bound of endpoint_feed.proto is checked: what is routed by is never half right.</summary>
internal static class EntryDecoding
{
    private const int MaximumAuthorizedKeys = 16;
    private const int MaximumHostKeys = 8;
    private const int MaximumPodNameLength = 253;
    private const int MaximumPodUidLength = 64;
    private const int MaximumReasonLength = 64;
    private const int MaximumConnections = 1000;

    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <param name="problem">The field that is wrong, and how; null when the entry is good.</param>
    public static bool TryDecode(Entry entry, [NotNullWhen(true)] out SessionEntry? decoded, [NotNullWhen(false)] out string? problem)
    {
        decoded = null;
        problem = FindProblem(entry);
        if (problem is null && TryReadKeys(entry.AuthorizedKeys, "authorized_keys", out ReadOnlyMemory<byte>[] authorizedKeys, out problem)
            && TryReadKeys(entry.HostKeys, "host_keys", out ReadOnlyMemory<byte>[] hostKeys, out problem))
        {
            decoded = new SessionEntry(new SessionDetails
            {
                SessionId = entry.SessionId,
                State = entry.State,
                Access = entry.Access,
                PodName = entry.PodName,
                PodUid = entry.PodUid,
                Endpoint = entry.PodIp.IsEmpty ? null : new IPEndPoint(new IPAddress(entry.PodIp.Span), (int)entry.Port),
                TargetUser = entry.TargetUser,
                AuthorizedKeys = authorizedKeys,
                HostKeys = hostKeys,
                ExpiresAt = entry.ExpiresAt,
                MaxConnections = (int)entry.MaxConnections,
                IdleTimeout = TimeSpan.FromSeconds(entry.IdleTimeout),
                Reason = entry.Reason,
                Passthrough = entry.Passthrough,
                WireHash = EntryHash.Of(entry),
            });
        }
        return decoded is not null;
    }

    private static string? FindProblem(Entry entry)
    {
        bool hasPod = entry.State != EndpointState.None;
        bool hasAddress = hasPod ? entry.PodIp.Length is 4 or 16 : entry.PodIp.IsEmpty;
        return entry switch
        {
            _ when !SessionNames.IsSessionId(entry.SessionId) => $"session_id is not a DNS label of 1 to {SessionNames.LongestSessionId} characters",
            { State: < EndpointState.Ready or > EndpointState.None } => $"state {(int)entry.State} is unknown",
            { Access: < Access.Enabled or > Access.Disabled } => $"access {(int)entry.Access} is unknown",
            _ when Encoding.UTF8.GetByteCount(entry.PodName) > MaximumPodNameLength => "pod_name is too long",
            _ when Encoding.UTF8.GetByteCount(entry.PodUid) > MaximumPodUidLength => "pod_uid is too long",
            _ when hasPod == (entry.PodUid.Length == 0) => "pod_uid and state do not agree",
            _ when !hasAddress => $"pod_ip has {entry.PodIp.Length} bytes",
            { Port: < 1 or > ushort.MaxValue } => $"port is {entry.Port}",
            _ when !SessionNames.IsTargetUser(entry.TargetUser) => "target_user is not a user name",
            { AuthorizedKeys.Count: > MaximumAuthorizedKeys } => $"there are {entry.AuthorizedKeys.Count} authorized_keys",
            { HostKeys.Count: > MaximumHostKeys } => $"there are {entry.HostKeys.Count} host_keys",
            _ when entry.ExpiresAt < 0 || entry.ExpiresAt > LastSecond => "expires_at is out of range",
            { MaxConnections: > MaximumConnections } => $"max_connections is {entry.MaxConnections}",
            _ when entry.Reason.Length > MaximumReasonLength || !entry.Reason.All(char.IsAsciiLetter) => "reason is not one word",
            _ => null,
        };
    }

    private static bool TryReadKeys(RepeatedField<ByteString> keys, string field, out ReadOnlyMemory<byte>[] blobs, [NotNullWhen(false)] out string? problem)
    {
        blobs = new ReadOnlyMemory<byte>[keys.Count];
        problem = null;
        for (int i = 0; i < blobs.Length; i++)
        {
            try
            {
                SshPublicKey.Parse(keys[i].Span);
                blobs[i] = keys[i].Memory;
            }
            catch (SshFormatException exception)
            {
                problem = $"{field}[{i}] is {exception.Message}";
                return false;
            }
        }
        return true;
    }
}
