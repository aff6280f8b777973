using SshGateway.Feed;

namespace SshGateway.Operator.TarsApi;

/// <summary>A person's sessions.</summary>
/// <param name="User">Whose: spec.owner.user.</param>
internal sealed record OwnedSessionsAnswer(string User, IReadOnlyList<OwnedSessionAnswer> Sessions);

/// <summary>One of them.</summary>
/// <param name="Id">The session's id.</param>
/// <param name="Namespace">The ClaudeSession's namespace.</param>
/// <param name="Status">As in <see cref="PodAnswer"/>.</param>
/// <param name="Reason">Why it is not running; null when it is.</param>
/// <param name="Connections">Open ones; null: not known yet.</param>
internal sealed record OwnedSessionAnswer(string Id, string Namespace, string Status, string? Reason, long? Connections)
{
    public static OwnedSessionAnswer From(Entry entry, long? connections, DateTimeOffset now)
    {
        var pod = PodAnswer.From(entry, now);
        return new OwnedSessionAnswer(entry.SessionId, entry.Namespace, pod.Status, pod.Reason, connections);
    }
}
