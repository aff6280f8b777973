using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>The sessions, by all that they depend on each other by.</summary>
internal sealed class SessionIndex
{
    private readonly Dictionary<ObjectKey, ClaudeSession> _sessions = [];
    private readonly KeyedSets<string, ObjectKey> _byId = new();
    private readonly KeyedSets<ObjectKey, ObjectKey> _byPod = new();
    private readonly KeyedSets<ObjectKey, ObjectKey> _byKeyObject = new();
    private readonly KeyedSets<string, ObjectKey> _byKeyKind = new();

    public bool Contains(ObjectKey key) => _sessions.ContainsKey(key);

    public ClaudeSession? Get(ObjectKey key) => _sessions.GetValueOrDefault(key);

    /// <summary>The sessions of this name, of all namespaces.</summary>
    public IEnumerable<ClaudeSession> FindById(string sessionId) => _byId[sessionId].Select(key => _sessions[key]);

    /// <summary>The sessions whose spec names this pod.</summary>
    public IEnumerable<ClaudeSession> FindNaming(ObjectKey pod) => _byPod[pod].Select(key => _sessions[key]);

    /// <summary>The sessions whose spec.ssh.authorizedKeysFrom names this object.</summary>
    public IEnumerable<ClaudeSession> FindReferring(ObjectKey keyObject) => _byKeyObject[keyObject].Select(key => _sessions[key]);

    /// <summary>The sessions whose spec.ssh.authorizedKeysFrom names an object of a collection.</summary>
    public IEnumerable<ClaudeSession> FindReferring(KeyCollection collection) => _byKeyKind[collection.Kind]
        .Where(key => collection.Namespace.Length == 0 || collection.Namespace == key.Namespace).Select(key => _sessions[key]);

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
        foreach (ObjectKey keyObject in FindKeyObjects(session))
        {
            _byKeyObject.Add(keyObject, session.Key);
            _byKeyKind.Add(keyObject.Kind, session.Key);
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
        foreach (ObjectKey keyObject in FindKeyObjects(session))
        {
            _byKeyObject.Remove(keyObject, key);
            _byKeyKind.Remove(keyObject.Kind, key);
        }
        return session;
    }

    /// <summary>The pod that the spec names, whether or not it exists.</summary>
    public static ObjectKey? FindNamedPod(ClaudeSession session) =>
        session.Spec?.Pod?.Name is { } name ? new ObjectKey(Pod.KindName, session.Namespace, name) : null;

    // More than the maximum are not read either.
    private static IEnumerable<ObjectKey> FindKeyObjects(ClaudeSession session) =>
        (session.Spec?.Ssh?.AuthorizedKeysFrom ?? []).Take(SessionRules.MaxKeysSources).Select(source => source?.FindObject(session.Namespace)).OfType<ObjectKey>();
}
