using System.Text.Json;
using SshGateway.Operator.Kubernetes.Api;

namespace SshGateway.Operator.Listing;

/// <summary>Reads the sessions as the API server prints them for kubectl: columns, status, ages are its own.</summary>
internal sealed class TableReader(ApiClient api)
{
    private const string AsTable = "application/json;as=Table;v=v1;g=meta.k8s.io";
    private const int PageSize = 500;

    /// <param name="ofNamespace">Null: all namespaces.</param>
    /// <returns>The pages, in order; one at least.</returns>
    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached.</exception>
    /// <exception cref="TimeoutException">The server did not answer.</exception>
    /// <exception cref="JsonException">The answer is no table.</exception>
    public async Task<IReadOnlyList<ServerTable>> ReadAsync(string? ofNamespace, CancellationToken cancellationToken)
    {
        string path = $"{ApiResources.Sessions.Collection(ofNamespace)}?limit={PageSize}";
        List<ServerTable> pages = [];
        string? next = null;
        do
        {
            string continuation = next is null ? "" : $"&continue={Uri.EscapeDataString(next)}";
            byte[] body = await api.GetAsync(path + continuation, AsTable, cancellationToken);
            ServerTable page = JsonSerializer.Deserialize(body, TableJson.Default.ServerTable) ?? throw new JsonException("the API server answered null");
            pages.Add(page);
            next = page.Metadata?.Continue;
        }
        while (!string.IsNullOrEmpty(next));
        return pages;
    }
}
