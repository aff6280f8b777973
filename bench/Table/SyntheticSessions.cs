using Google.Protobuf;
using SshGateway.Feed;

namespace SshGateway.Bench.Table;

/// <summary>
/// Entries such as an operator sends: a ready pod with an IPv4 address, one ed25519 key, no host keys.
/// </summary>
internal static class SyntheticSessions
{
    /// <param name="count">How many.</param>
    /// <param name="ids">Their names.</param>
    /// <param name="seed">Of their keys and pod UIDs.</param>
    public static IEnumerable<Entry> Of(int count, SessionIds ids, int seed)
    {
        var random = new Random(seed);
        byte[] key = [0, 0, 0, 11, .. "ssh-ed25519"u8, 0, 0, 0, 32, .. new byte[32]];
        byte[] uid = new byte[16];
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(key.AsSpan(19));
            random.NextBytes(uid);
            string id = ids.Of(i);
            yield return new Entry
            {
                SessionId = id,
                Namespace = "sessions",
                State = EndpointState.Ready,
                Access = Access.Enabled,
                PodName = $"claude-{id}",
                PodUid = new Guid(uid).ToString(),
                PodIp = ByteString.CopyFrom(10, (byte)(i >> 16), (byte)(i >> 8), (byte)i),
                Port = 2222,
                TargetUser = "claude",
                AuthorizedKeys = { ByteString.CopyFrom(key) },
                MaxConnections = 20,
            };
        }
    }
}
