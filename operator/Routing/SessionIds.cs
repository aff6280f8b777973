using SshGateway.Operator.Model;
using SshGateway.Shared.Sessions;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Whose an id is. The id is the SSH user name, so it can mean one session only, while names are unique per namespace:
/// the session that was created first keeps it.
/// </summary>
internal static class SessionIds
{
    /// <param name="sameName">The sessions of one name.</param>
    /// <returns>The one that has the id; null when there is none, or the name can be no id.</returns>
    public static ClaudeSession? Owner(IEnumerable<ClaudeSession> sameName) => sameName
        .Where(s => SessionNames.IsSessionId(s.Name))
        .OrderBy(s => s.Metadata!.CreationTimestamp ?? DateTimeOffset.MaxValue)
        .ThenBy(s => s.Uid, StringComparer.Ordinal)
        .ThenBy(s => s.Namespace, StringComparer.Ordinal)
        .FirstOrDefault();
}
