using System.Text.Json;
using SshGateway.Operator.Kubernetes.Api;

namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>The Secrets, or the ConfigMaps, of one namespace: read by name and created, and those that carry our mark changed.</summary>
/// <param name="api">The API server.</param>
/// <param name="kind">Secret or ConfigMap.</param>
/// <param name="plural">Such as <c>secrets</c>.</param>
/// <param name="ofNamespace">The namespace.</param>
internal sealed class DataStore(ApiWriter api, string kind, string plural, string ofNamespace)
{
    /// <summary>The label whose value <see cref="Owner"/> marks what may be changed.</summary>
    public const string OwnerLabel = "app.kubernetes.io/managed-by";

    public const string Owner = "ssh-gateway-operator";

    private readonly string _path = $"api/v1/namespaces/{ofNamespace}/{plural}";

    /// <returns>The object; null when there is none of this name.</returns>
    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached, or the connection broke.</exception>
    /// <exception cref="TimeoutException">The server did not answer.</exception>
    /// <exception cref="JsonException">The answer is no such object.</exception>
    public async Task<StoredData?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            byte[] body = await api.GetAsync($"{_path}/{name}", cancellationToken);
            StoredData found = JsonSerializer.Deserialize(body, KeysJson.Default.StoredData) ?? new StoredData();
            // Without values, the server says nothing or null.
            return found.Data is null ? found with { Data = new Dictionary<string, string?>() } : found;
        }
        catch (ApiException exception) when (exception.Status.Code == 404)
        {
            return null;
        }
    }

    /// <param name="name">Its name.</param>
    /// <param name="data">Its values.</param>
    /// <param name="isOurs">Whether it may be changed later.</param>
    /// <param name="annotations">Its annotations; null: none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>False when there is such an object already; it is left as it is.</returns>
    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached, or the connection broke.</exception>
    /// <exception cref="TimeoutException">The server did not answer.</exception>
    public async Task<bool> TryCreateAsync(
        string name, IReadOnlyDictionary<string, string?> data, bool isOurs, IReadOnlyDictionary<string, string>? annotations, CancellationToken cancellationToken)
    {
        var made = new StoredData
        {
            ApiVersion = "v1",
            Kind = kind,
            Metadata = new StoredData.MetadataPart
            {
                Name = name,
                Labels = isOurs ? new Dictionary<string, string> { [OwnerLabel] = Owner } : null,
                Annotations = annotations,
            },
            Data = data.Where(value => value.Value is not null).ToDictionary(),
        };
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

    /// <summary>Changes an object from what was read of it. Values that are not named stay.</summary>
    /// <returns>False when it is another one by now, or gone.</returns>
    /// <exception cref="InvalidOperationException">It is not ours.</exception>
    /// <exception cref="ApiException">The server said no.</exception>
    /// <exception cref="HttpRequestException">The server was not reached, or the connection broke.</exception>
    /// <exception cref="TimeoutException">The server did not answer.</exception>
    public async Task<bool> TryChangeAsync(
        StoredData read, IReadOnlyDictionary<string, string?> data, IReadOnlyDictionary<string, string>? annotations, CancellationToken cancellationToken)
    {
        if (!read.IsOurs || read.Metadata is not { Name: { } name, ResourceVersion: { } version })
        {
            throw new InvalidOperationException($"{read} is not ours to change");
        }
        var change = new StoredData { Metadata = new StoredData.MetadataPart { ResourceVersion = version, Annotations = annotations }, Data = data };
        try
        {
            await api.PatchAsync($"{_path}/{name}", JsonSerializer.SerializeToUtf8Bytes(change, KeysJson.Default.StoredData), cancellationToken);
            return true;
        }
        catch (ApiException exception) when (exception.Status.Code is 404 or 409)
        {
            return false;
        }
    }
}
