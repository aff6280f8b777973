namespace SshGateway.Operator.Listing;

/// <summary>A column of a table for people.</summary>
/// <param name="Name">Its header, in any case.</param>
/// <param name="IsWide">Whether it is only shown by <c>-o wide</c>.</param>
internal readonly record struct ListedColumn(string Name, bool IsWide);
