using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Whose a session id is. The id is the SSH user name, so it can mean one session only, while names are unique per
/// namespace. It stays with the session that has it. When that one goes, the id does not pass to a session that existed
/// beside it: a person's next login would land in somebody else's pod (docs/adr/0017). This is all that routing
/// remembers beyond the objects.
/// </summary>
/// <param name="Holder">The session that has the id; null when all have lost it.</param>
/// <param name="Others">The sessions that are beside it, and lose the id when it goes.</param>
/// <param name="Losers">The sessions that have lost the id, for as long as they exist.</param>
internal sealed record IdBinding(
    SessionIncarnation? Holder, IReadOnlyList<SessionIncarnation> Others, IReadOnlyList<SessionIncarnation> Losers)
{
    /// <summary>The binding that follows from the one before and from the sessions that there are.</summary>
    /// <param name="before">The binding before; null: nothing is known of the id.</param>
    /// <param name="contenders">The sessions of this name.</param>
    /// <returns>Null when there is no session.</returns>
    public static IdBinding? Settle(IdBinding? before, IReadOnlyCollection<IdContender> contenders)
    {
        bool isHolderGone = before?.Holder is { } last && contenders.All(c => c.Incarnation != last);
        ILookup<bool, IdContender> byLoss = contenders.ToLookup(
            c => c.IsMarked || IsIn(before?.Losers, c) || (isHolderGone && IsIn(before?.Others, c)));
        SessionIncarnation[] losers = [.. byLoss[true].Select(c => c.Incarnation)];
        SessionIncarnation[] candidates =
        [
            .. byLoss[false]
                .OrderBy(c => c.Incarnation != before?.Holder)
                // Replicas that see sessions together for the first time must agree.
                .ThenBy(c => c.Session.Metadata!.CreationTimestamp ?? DateTimeOffset.MaxValue)
                .ThenBy(c => c.Session.Uid, StringComparer.Ordinal)
                .ThenBy(c => c.Session.Namespace, StringComparer.Ordinal)
                .Select(c => c.Incarnation),
        ];
        return contenders.Count == 0
            ? null
            : new IdBinding(candidates is [var holder, ..] ? holder : null, [.. candidates.Skip(1)], losers);
    }

    /// <summary>What is to be said of a session that is beside the holder or has lost; null: it has the id.</summary>
    public IdConflict? FindConflict(ClaudeSession session) =>
        Holder == SessionIncarnation.From(session) ? null : new IdConflict(Holder?.Key);

    private static bool IsIn(IReadOnlyList<SessionIncarnation>? some, IdContender contender) =>
        some?.Contains(contender.Incarnation) == true;
}

/// <summary>A session does not have the id that is its name.</summary>
/// <param name="Holder">The session that has it; null when there is none any more.</param>
internal sealed record IdConflict(ObjectKey? Holder)
{
    /// <summary>What happened, and what to do.</summary>
    public string Describe() => Holder is { } holder
        ? $"the session id belongs to {holder}; this session does not get it, not even when that one is deleted: "
            + "delete this session and create it anew, under another name"
        : "the session id belonged to another session that existed together with this one, and does not pass on to it: "
            + "delete this session and create it anew";
}

/// <summary>A session whose name is a session id.</summary>
/// <param name="IsMarked">Whether its status says that it has lost the id. Status only ever refuses.</param>
internal readonly record struct IdContender(ClaudeSession Session, bool IsMarked)
{
    public SessionIncarnation Incarnation => SessionIncarnation.From(Session);
}

/// <summary>One life of a session: made anew under the same name, it has another uid. Manifests need none.</summary>
internal readonly record struct SessionIncarnation(ObjectKey Key, string Uid)
{
    public static SessionIncarnation From(ClaudeSession session) => new(session.Key, session.Uid);
}
