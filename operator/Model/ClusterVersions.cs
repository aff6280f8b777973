namespace SshGateway.Operator.Model;

/// <summary>
/// How far a source has read: every change of the kind up to this resource version is in what it has told. Of several
/// namespaces it is the least. Zero where there are no versions to compare, as in a directory.
/// </summary>
internal readonly record struct ClusterVersions(ulong Sessions, ulong Pods);
