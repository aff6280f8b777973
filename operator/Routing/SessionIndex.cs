using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>The sessions, by all that they depend on each other by.</summary>
internal sealed class SessionIndex
{
    private readonly Dictionary<ObjectKey, ClaudeSession> _sessions = [];
    private readonly KeyedSets<string, ObjectKey> _byId = new();
    private readonly KeyedSets<ObjectKey, ObjectKey> _byPod = new();

    public bool Contains(ObjectKey key) => _sessions.ContainsKey(key);

    public ClaudeSession? Get(ObjectKey key) => _sessions.GetValueOrDefault(key);

    /// <summary>The sessions of this name, of all namespaces.</summary>
    public IEnumerable<ClaudeSession> FindById(string sessionId) => _byId[sessionId].Select(key => _sessions[key]);

    /// <summary>The sessions whose spec names this pod.</summary>
    public IEnumerable<ClaudeSession> FindNaming(ObjectKey pod) => _byPod[pod].Select(key => _sessions[key]);

    /// <returns>What was known under this name before.</returns>
    public ClaudeSession? Set(ClaudeSession session)
    {
        ClaudeSession? previous = Remove(session.Key);
        _sessions[session.Key] = session;
        _byId.Add(session.Name, session.Key);
        if (FindNamedPod(session) is { } pod)
        {
            _byPod.Add(pod, session.Key);
        }
        return previous;
    }

    /// <returns>What was known under this name.</returns>
    public ClaudeSession? Remove(ObjectKey key)
    {
        if (!_sessions.Remove(key, out ClaudeSession? session))
        {
            return null;
        }
        _byId.Remove(session.Name, key);
        if (FindNamedPod(session) is { } pod)
        {
            _byPod.Remove(pod, key);
        }
        return session;
    }

    /// <summary>The pod that the spec names, whether or not it exists.</summary>
    public static ObjectKey? FindNamedPod(ClaudeSession session) =>
        session.Spec?.Pod?.Name is { } name ? new ObjectKey(Pod.KindName, session.Namespace, name) : null;
}
