using System.Diagnostics.CodeAnalysis;
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
        problem = EntryRules.FindProblem(entry)
            ?? FindBadKey(entry.AuthorizedKeys, "authorized_keys") ?? FindBadKey(entry.HostKeys, "host_keys")
            ?? FindBadKey(entry.TrustedUserCaKeys, "trusted_user_ca_keys") ?? FindBadKey(entry.HostCaKeys, "host_ca_keys");
        decoded = problem is null ? new SessionEntry(entry) : null;
        return decoded is not null;
    }

    private static string? FindBadKey(RepeatedField<ByteString> keys, string field)
    {
        for (int i = 0; i < keys.Count; i++)
        {
            try
            {
                SshPublicKey.Parse(keys[i].Span);
            }
            catch (SshFormatException exception)
            {
                return $"{field}[{i}] is {exception.Message}";
            }
        }
        return null;
    }
}
