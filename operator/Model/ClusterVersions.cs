namespace SshGateway.Operator.Model;

/// <summary>
/// How far a source has read each of its namespaces; none where there are no versions to compare, as in a directory.
/// The least of all would not
/// do: where one namespace is quiet it says nothing of a busy one. The versions of two namespaces do compare, for they
/// are etcd's, which counts all changes.
/// </summary>
internal readonly struct ClusterVersions(IReadOnlyList<ReadVersions> namespaces)
{
    /// <summary>Two to four watches each: more are better read as one.</summary>
    public const int MaxNamespaces = 1000;

    private readonly IReadOnlyList<ReadVersions>? _namespaces = namespaces;

    public IReadOnlyList<ReadVersions> Namespaces => _namespaces ?? [];

    /// <summary>
    /// Whether whoever has read this far has seen all that the other has, of what both read. A namespace that only one
    /// of them reads is not
    /// compared: what the other had of it leaves the table, or comes into it, because of the configuration, whatever
    /// the time.
    /// </summary>
    public bool HasReached(ClusterVersions other) => !Lacking(other).Any();

    /// <summary>Where the other has seen more: how far this one has read, and what the other has seen.</summary>
    public IEnumerable<(ReadVersions Own, ReadVersions Seen)> Lacking(ClusterVersions other) =>
        from own in Namespaces
        let seen = other.Find(own.Namespace)
        where !own.HasReached(seen)
        select (own, seen);

    /// <summary>The highest that was read of a namespace; empty: of all.</summary>
    public ReadVersions Find(string ofNamespace)
    {
        var highest = new ReadVersions(ofNamespace, 0, 0);
        foreach (ReadVersions read in Namespaces)
        {
            if (read.Concerns(ofNamespace))
            {
                highest = highest with
                {
                    Sessions = Math.Max(highest.Sessions, read.Sessions),
                    Pods = Math.Max(highest.Pods, read.Pods),
                    ConfigMaps = Math.Max(highest.ConfigMaps, read.ConfigMaps),
                    Secrets = Math.Max(highest.Secrets, read.Secrets),
                };
            }
        }
        return highest;
    }
}

/// <summary>How far a namespace has been read: all changes up to these resource versions have been told.</summary>
/// <param name="Namespace">Empty: all namespaces, read as one.</param>
/// <param name="Sessions">Zero: there is none to compare.</param>
/// <param name="Pods">Zero: there is none to compare.</param>
internal readonly record struct ReadVersions(string Namespace, ulong Sessions, ulong Pods)
{
    /// <summary>Zero: there is none to compare, as where no session names a ConfigMap.</summary>
    public ulong ConfigMaps { get; init; }

    /// <summary>Zero: there is none to compare.</summary>
    public ulong Secrets { get; init; }

    /// <summary>Whether both have to do with a namespace.</summary>
    public bool Concerns(string ofNamespace) => Namespace == ofNamespace || Namespace.Length == 0 || ofNamespace.Length == 0;

    public bool HasReached(ReadVersions other) => HasReached(Sessions, other.Sessions) && HasReached(Pods, other.Pods)
        && HasReached(ConfigMaps, other.ConfigMaps) && HasReached(Secrets, other.Secrets);

    private static bool HasReached(ulong own, ulong other) => own == 0 || own >= other;
}
