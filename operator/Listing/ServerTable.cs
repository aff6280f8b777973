using System.Text.Json;
using System.Text.Json.Serialization;
using SshGateway.Operator.Kubernetes.Api;

namespace SshGateway.Operator.Listing;

/// <summary>A <c>Table</c> of meta.k8s.io/v1: a list as the API server prints it for kubectl.</summary>
internal sealed record ServerTable
{
    public ListMeta? Metadata { get; init; }

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
