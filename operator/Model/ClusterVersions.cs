namespace SshGateway.Operator.Model;

/// <summary>
/// How far a source has read: every change of the kind up to this resource version is in what it has told. Of several
/// namespaces it is the least. Zero where there are no versions to compare, as in a directory.
/// </summary>
internal readonly record struct ClusterVersions(ulong Sessions, ulong Pods)
{
    /// <summary>Whether whoever has read this far has seen all that the other has. A version that one of them does not have cannot be compared.</summary>
    public bool HasReached(ClusterVersions other) => HasReached(Sessions, other.Sessions) && HasReached(Pods, other.Pods);

    private static bool HasReached(ulong own, ulong other) => own == 0 || own >= other;
}
