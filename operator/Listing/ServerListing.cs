using System.Text.Json;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Listing;

/// <summary>The sessions of an API server, of some namespaces or all.</summary>
internal static class ServerListing
{
    /// <param name="namespaces">The namespaces; none: all.</param>
    public static async Task<ListedTable> ReadAsync(TableReader reader, IReadOnlyCollection<string> namespaces, CancellationToken cancellationToken)
    {
        List<ServerTable> pages = [];
        foreach (string? ofNamespace in namespaces.Count == 0 ? [null] : namespaces.Distinct<string?>())
        {
            pages.AddRange(await reader.ReadAsync(ofNamespace, cancellationToken));
        }
        ListedColumn[] columns = [.. pages[0].ColumnDefinitions.Select(c => new ListedColumn(c.Name, c.Priority != 0))];
        return new ListedTable(columns, [.. pages.SelectMany(p => p.Rows).Select(row => Read(row, columns.Length))]);
    }

    private static ListedRow Read(ServerTable.Row row, int columns) => row.Cells.Count >= columns
        ? new ListedRow(row.Object?.Metadata?.Namespace ?? ObjectMeta.DefaultNamespace, [.. row.Cells.Select(Text)])
        : throw new JsonException($"a row of the table has {row.Cells.Count} cells, and there are {columns} columns");

    private static string? Text(JsonElement cell) => cell.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => cell.GetString(),
        _ => cell.GetRawText(),
    };
}
