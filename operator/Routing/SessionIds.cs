using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Whose an id is. The id is the SSH user name, so it can mean one session only, while names are unique per namespace:
/// the session that was created first keeps it.
/// </summary>
internal static class SessionIds
{
    /// <summary>One session per id. Sessions whose name can be no id are left out.</summary>
    public static IEnumerable<ClaudeSession> Owners(IEnumerable<ClaudeSession> sessions) => sessions
        .Where(s => SessionRules.IsSessionId(s.Name))
        .GroupBy(s => s.Name, StringComparer.Ordinal)
        .Select(sameId => sameId
            .OrderBy(s => s.Metadata!.CreationTimestamp ?? DateTimeOffset.MaxValue)
            .ThenBy(s => s.Uid, StringComparer.Ordinal)
            .ThenBy(s => s.Namespace, StringComparer.Ordinal)
            .First());
}
