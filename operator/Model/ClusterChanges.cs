namespace SshGateway.Operator.Model;

/// <summary>What is other than it was, one item per object at most.</summary>
internal sealed record ClusterChanges
{
    /// <summary>The sessions that came or changed.</summary>
    public IReadOnlyList<ClaudeSession> Sessions { get; init; } = [];

    /// <summary>The pods that came or changed.</summary>
    public IReadOnlyList<Pod> Pods { get; init; } = [];

    /// <summary>The objects that are gone.</summary>
    public IReadOnlyList<ObjectKey> Removed { get; init; } = [];

    /// <summary>Sessions whose newest version cannot be decoded. Their last good version stays in force.</summary>
    public IReadOnlyList<UnreadableSession> Unreadable { get; init; } = [];

    /// <summary>How far the reader has come with these changes.</summary>
    public ClusterVersions Versions { get; init; }

    /// <summary>The cluster was put back to an earlier state: versions from before do not compare with these.</summary>
    public bool IsHistoryNew { get; init; }

    /// <summary>The ConfigMaps and Secrets with keys that came or changed.</summary>
    public IReadOnlyList<KeyObject> KeyObjects { get; init; } = [];

    /// <summary>The collections of such objects that were read for the first time, or cannot be.</summary>
    public IReadOnlyList<KeyCollection> KeyCollections { get; init; } = [];

    public static ClusterChanges Everything(ClusterObjects objects) =>
        new() { Sessions = objects.Sessions, Pods = objects.Pods, KeyObjects = objects.KeyObjects, KeyCollections = KeyCollection.AllRead };
}

/// <summary>A session whose newest version has a spec that cannot be decoded.</summary>
/// <param name="Partial">That version without its spec.</param>
/// <param name="Problem">The field, and what it must be.</param>
internal sealed record UnreadableSession(ClaudeSession Partial, string Problem);

/// <summary>All objects that routing reads, at one moment.</summary>
internal sealed record ClusterObjects(IReadOnlyList<ClaudeSession> Sessions, IReadOnlyList<Pod> Pods)
{
    public IReadOnlyList<KeyObject> KeyObjects { get; init; } = [];
}

/// <summary>
/// The ConfigMaps or Secrets of a namespace. They are read only where a session names one, so whether one is missing is
/// known only then.
/// </summary>
/// <param name="Namespace">Empty: all namespaces.</param>
/// <param name="Problem">Why they cannot be read; null: they have been.</param>
internal sealed record KeyCollection(string Kind, string Namespace, string? Problem)
{
    public static readonly IReadOnlyList<KeyCollection> AllRead = [new(ConfigMap.KindName, "", null), new(Secret.KindName, "", null)];
}
