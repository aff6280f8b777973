namespace SshGateway.Operator.Listing;

/// <summary>A table for people.</summary>
internal sealed record ListedTable(IReadOnlyList<ListedColumn> Columns, IReadOnlyList<ListedRow> Rows);

/// <summary>A column of a table for people.</summary>
/// <param name="Name">Its header, in any case.</param>
/// <param name="IsWide">Whether it is only shown by <c>-o wide</c>.</param>
internal readonly record struct ListedColumn(string Name, bool IsWide);

/// <summary>A row of a table for people.</summary>
/// <param name="Namespace">Where the object is.</param>
/// <param name="Cells">One for each column; null is empty.</param>
internal readonly record struct ListedRow(string Namespace, IReadOnlyList<string?> Cells);
