using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;
using SshGateway.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Feed;

/// <summary>Decodes the feed's Entry for the table, and checks every bound of endpoint_feed.proto.</summary>
internal static class EntryDecoding
{
    /// <param name="problem">The field that is wrong, and how; null when the entry is good.</param>
    public static bool TryDecode(Entry entry, [NotNullWhen(true)] out SessionEntry? decoded, [NotNullWhen(false)] out string? problem)
    {
        decoded = null;
        problem = EntryRules.FindProblem(entry);
        if (problem is null && TryReadKeys(entry.AuthorizedKeys, "authorized_keys", out ReadOnlyMemory<byte>[] authorizedKeys, out problem)
            && TryReadKeys(entry.HostKeys, "host_keys", out ReadOnlyMemory<byte>[] hostKeys, out problem)
            && TryReadKeys(entry.TrustedUserCaKeys, "trusted_user_ca_keys", out ReadOnlyMemory<byte>[] trustedUserCAKeys, out problem)
            && TryReadKeys(entry.HostCaKeys, "host_ca_keys", out ReadOnlyMemory<byte>[] hostCAKeys, out problem))
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
                TrustedUserCAKeys = trustedUserCAKeys,
                HostCAKeys = hostCAKeys,
                OwnerUser = entry.OwnerUser,
                AuthorizedPrincipals = [.. entry.AuthorizedPrincipals.Select(name => Encoding.UTF8.GetBytes(name).AsMemory())],
                RevokedKeys = [.. entry.RevokedKeySha256.Select(hash => hash.Memory)],
                ExpiresAt = entry.ExpiresAt,
                MaxConnections = (int)entry.MaxConnections,
                IdleTimeout = TimeSpan.FromSeconds(entry.IdleTimeout),
                Reason = entry.Reason,
                Cause = entry.Cause,
                Passthrough = entry.Passthrough,
                HostKeySha256 = entry.HostKeySha256.Memory,
                ForgottenHostKeySha256 = entry.ForgottenHostKeySha256.Memory,
                WireHash = EntryHash.Compute(entry),
            });
        }
        return decoded is not null;
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
