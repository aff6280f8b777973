namespace SshGateway.Operator.Listing;

/// <summary>A table for people.</summary>
internal sealed record ListedTable(IReadOnlyList<ListedColumn> Columns, IReadOnlyList<ListedRow> Rows);
