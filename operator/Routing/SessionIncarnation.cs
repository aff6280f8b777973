using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>One life of a session: made anew under the same name, it has another uid. Manifests need none.</summary>
internal readonly record struct SessionIncarnation(ObjectKey Key, string Uid)
{
    public static SessionIncarnation Of(ClaudeSession session) => new(session.Key, session.Uid);
}
