using System.Security.Cryptography;
using SshGateway.Feed;

namespace SshGateway.Operator.TarsApi;

/// <summary>Who may log in to a session, in the words of TARS's own endpoint.</summary>
/// <param name="SshPublicKey">The first of them, for clients of the time when there was one; null when none can be used.</param>
/// <param name="SshPublicKeys">The usable keys, as lines without comments.</param>
internal sealed record KeysAnswer(string? SshPublicKey, IReadOnlyList<string> SshPublicKeys)
{
    public static KeysAnswer Of(Entry entry)
    {
        // Who asks has no list of its own.
        string[] lines =
        [
            .. entry.AuthorizedKeys
                .Where(key => !entry.RevokedKeySha256.Any(hash => hash.Span.SequenceEqual(SHA256.HashData(key.Span))))
                .Select(key => Ssh.Keys.SshPublicKey.Parse(key.Span).ToString()),
        ];
        return new KeysAnswer(lines.FirstOrDefault(), lines);
    }
}
