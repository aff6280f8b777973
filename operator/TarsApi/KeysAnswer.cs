using SshGateway.Feed;

namespace SshGateway.Operator.TarsApi;

/// <summary>Who may log in to a session, in the words of TARS's own endpoint.</summary>
/// <param name="SshPublicKey">The first of them, for clients of the time when there was one; null when none can be used.</param>
/// <param name="SshPublicKeys">The usable keys, as lines without comments.</param>
internal sealed record KeysAnswer(string? SshPublicKey, IReadOnlyList<string> SshPublicKeys)
{
    public static KeysAnswer Of(Entry entry)
    {
        string[] lines = [.. entry.AuthorizedKeys.Select(key => Ssh.Keys.SshPublicKey.Parse(key.Span).ToString())];
        return new KeysAnswer(lines.FirstOrDefault(), lines);
    }
}
