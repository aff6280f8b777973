using SshGateway.Operator.Model;

namespace SshGateway.Operator.Table;

/// <summary>The changes that a stream sends next, what the table is after them, and what it was made of.</summary>
internal sealed record TableChanges(IReadOnlyDictionary<string, PendingChange> Pending, TablePosition Position, ClusterVersions Versions);
