namespace SshGateway.Operator.Model;

/// <summary>How far a namespace has been read: every change of the kind up to this resource version is in what was told.</summary>
/// <param name="Namespace">Empty: all namespaces, read as one.</param>
/// <param name="Sessions">Zero: there is none to compare.</param>
/// <param name="Pods">Zero: there is none to compare.</param>
internal readonly record struct ReadVersions(string Namespace, ulong Sessions, ulong Pods)
{
    /// <summary>Whether both have to do with a namespace.</summary>
    public bool Concerns(string ofNamespace) => Namespace == ofNamespace || Namespace.Length == 0 || ofNamespace.Length == 0;

    public bool HasReached(ReadVersions other) => HasReached(Sessions, other.Sessions) && HasReached(Pods, other.Pods);

    private static bool HasReached(ulong own, ulong other) => own == 0 || own >= other;
}
