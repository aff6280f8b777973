namespace SshGateway.Operator.Listing;

/// <summary>A row of a table for people.</summary>
/// <param name="Namespace">Where the object is.</param>
/// <param name="Cells">One for each column; null is empty.</param>
internal readonly record struct ListedRow(string Namespace, IReadOnlyList<string?> Cells);
