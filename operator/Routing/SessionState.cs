using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>What there is to say of one session, and what its status is computed from.</summary>
/// <param name="Session">The session.</param>
/// <param name="Route">Its route; null when it has none, because its name is no session id or <paramref name="Conflict"/> is there.</param>
/// <param name="Conflict">Why it does not have its id; null: nothing keeps it from it.</param>
/// <param name="Problem">Why the spec of its newest version cannot be read; the route is that of the version before.</param>
internal sealed record SessionState(ClaudeSession Session, RoutedSession? Route, IdConflict? Conflict, string? Problem);
