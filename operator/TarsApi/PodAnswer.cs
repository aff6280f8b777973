using System.Net;
using System.Security.Cryptography;
using SshGateway.Feed;

namespace SshGateway.Operator.TarsApi;

/// <summary>Where a session's pod is, in the words of TARS's own endpoint.</summary>
/// <param name="ServiceHost">The pod's address; null unless it is running.</param>
/// <param name="SshPort">The port of its sshd; null unless it is running and has one.</param>
/// <param name="Status">running: logins work. pending: they may, later. stopped: they will not, until somebody changes
/// the session or its pod.</param>
/// <param name="Reason">Why it is not running, as one word; null when it is.</param>
internal sealed record PodAnswer(string? ServiceHost, int? SshPort, string Status, string? Reason)
{
    public static PodAnswer From(Entry entry, DateTimeOffset now)
    {
        if (entry.ExpiresAt != 0 && entry.ExpiresAt <= now.ToUnixTimeSeconds())
        {
            return new PodAnswer(null, null, "stopped", ReadyReasons.Expired);
        }
        if (entry is { Access: Access.Enabled, State: EndpointState.Ready })
        {
            return new PodAnswer(new IPAddress(entry.PodIp.Span).ToString(), entry.Exec is null ? (int)entry.Port : null, "running", null);
        }
        bool isStopped = entry.Access != Access.Enabled || entry.State == EndpointState.Draining || entry.Reason is ReadyReasons.PodFailed or ReadyReasons.Suspended;
        return new PodAnswer(null, null, isStopped ? "stopped" : "pending", entry.Reason);
    }
}

/// <summary>Who may log in to a session, in the words of TARS's own endpoint.</summary>
/// <param name="SshPublicKey">The first of them, for clients of the time when there was one; null when none can be
/// used.</param>
/// <param name="SshPublicKeys">The usable keys, as lines without comments.</param>
internal sealed record KeysAnswer(string? SshPublicKey, IReadOnlyList<string> SshPublicKeys)
{
    public static KeysAnswer From(Entry entry)
    {
        // TARS has no list of revoked keys of its own.
        string[] lines =
        [
            .. entry.AuthorizedKeys
                .Where(key => !entry.RevokedKeySha256.Any(hash => hash.Span.SequenceEqual(SHA256.HashData(key.Span))))
                .Select(key => Ssh.Keys.SshPublicKey.Parse(key.Span).ToString()),
        ];
        return new KeysAnswer(lines.FirstOrDefault(), lines);
    }
}
