namespace SshGateway.Operator.Table;

/// <summary>What a table is at one moment. A proxy's is compared with ours to find out what it lacks.</summary>
/// <param name="Epoch">Names the history that the sequence counts; empty: none.</param>
/// <param name="Sequence">The last change.</param>
/// <param name="Count">The entries.</param>
/// <param name="Hash">Of all entries, as endpoint_feed.proto defines it.</param>
internal readonly record struct TablePosition(string Epoch, ulong Sequence, ulong Count, ulong Hash);
