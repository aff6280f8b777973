using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>A session whose name is a session id.</summary>
/// <param name="Session">The session.</param>
/// <param name="IsMarked">Whether its status says that it has lost the id. Status only ever refuses.</param>
internal readonly record struct IdContender(ClaudeSession Session, bool IsMarked)
{
    public SessionIncarnation Incarnation => SessionIncarnation.Of(Session);
}
