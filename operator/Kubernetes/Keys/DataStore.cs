using System.Text.Json;
using SshGateway.Operator.Kubernetes.Api;

namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>The Secrets, or the ConfigMaps, of one namespace: read by name and created, never changed.</summary>
/// <param name="api">The API server.</param>
/// <param name="kind">Secret or ConfigMap.</param>
/// <param name="plural">Such as <c>secrets</c>.</param>
/// <param name="ofNamespace">The namespace.</param>
internal sealed class DataStore(ApiWriter api, string kind, string plural, string ofNamespace)
{
    private readonly string _path = $"api/v1/namespaces/{ofNamespace}/{plural}";

    /// <returns>The values; null when there is no such object.</returns>
    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached, or the connection broke.</exception>
    /// <exception cref="TimeoutException">The server did not answer.</exception>
    /// <exception cref="JsonException">The answer is no such object.</exception>
    public async Task<IReadOnlyDictionary<string, string>?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            byte[] body = await api.GetAsync($"{_path}/{name}", cancellationToken);
            return JsonSerializer.Deserialize(body, KeysJson.Default.StoredData)?.Data ?? new Dictionary<string, string>();
        }
        catch (ApiException exception) when (exception.Status.Code == 404)
        {
            return null;
        }
    }

    /// <returns>False when there is such an object already; it is left as it is.</returns>
    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached, or the connection broke.</exception>
    /// <exception cref="TimeoutException">The server did not answer.</exception>
    public async Task<bool> TryCreateAsync(string name, IReadOnlyDictionary<string, string> data, CancellationToken cancellationToken)
    {
        var made = new StoredData { ApiVersion = "v1", Kind = kind, Metadata = new StoredData.MetadataPart(name), Data = data };
        try
        {
            await api.CreateAsync(_path, JsonSerializer.SerializeToUtf8Bytes(made, KeysJson.Default.StoredData), cancellationToken);
            return true;
        }
        catch (ApiException exception) when (exception.Status.Code == 409)
        {
            return false;
        }
    }
}
