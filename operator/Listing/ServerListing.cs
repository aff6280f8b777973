using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Listing;

/// <summary>The sessions as the API server prints them for kubectl: columns, status and ages are its own.</summary>
internal static class ServerListing
{
    private const string AsTable = "application/json;as=Table;v=v1;g=meta.k8s.io";
    private const int PageSize = 500;

    /// <param name="namespaces">None: all.</param>
    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached.</exception>
    /// <exception cref="TimeoutException">The server did not answer.</exception>
    /// <exception cref="JsonException">The answer is no table.</exception>
    public static async Task<ListedTable> ReadAsync(ApiClient api, IReadOnlyCollection<string> namespaces, CancellationToken cancellationToken)
    {
        List<ServerTable> pages = [];
        foreach (string? ofNamespace in namespaces.Count == 0 ? [null] : namespaces.Distinct<string?>())
        {
            string path = $"{ApiResources.Sessions.Collection(ofNamespace)}?limit={PageSize}";
            string? next = null;
            do
            {
                string continuation = next is null ? "" : $"&continue={Uri.EscapeDataString(next)}";
                byte[] body = await api.GetAsync(path + continuation, AsTable, cancellationToken);
                pages.Add(JsonSerializer.Deserialize(body, TableJson.Default.ServerTable) ?? throw new JsonException("the API server answered null"));
                next = pages[^1].Metadata?.ContinueProperty;
            }
            while (!string.IsNullOrEmpty(next));
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

/// <summary>A <c>Table</c> of meta.k8s.io/v1: a list as the API server prints it for kubectl.</summary>
internal sealed record ServerTable
{
    public V1ListMeta? Metadata { get; init; }

    public IReadOnlyList<Column> ColumnDefinitions { get; init; } = [];

    public IReadOnlyList<Row> Rows { get; init; } = [];

    /// <summary>One of <c>columnDefinitions</c>.</summary>
    internal sealed record Column
    {
        public string Name { get; init; } = "";

        /// <summary>0 is always shown.</summary>
        public int Priority { get; init; }
    }

    /// <summary>One of <c>rows</c>.</summary>
    internal sealed record Row
    {
        public IReadOnlyList<JsonElement> Cells { get; init; } = [];

        public ObjectIdentity? Object { get; init; }
    }
}

/// <summary>Decodes tables.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ServerTable))]
internal sealed partial class TableJson : JsonSerializerContext;
