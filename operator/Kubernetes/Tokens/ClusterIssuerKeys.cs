using System.Text;
using System.Text.Json;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Kubernetes.Api;

namespace SshGateway.Operator.Kubernetes.Tokens;

/// <summary>
/// The API server's own issuer and keys:
/// https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
/// Every ServiceAccount may read them, by the role system:service-account-issuer-discovery.
/// </summary>
internal sealed class ClusterIssuerKeys(ApiClient api) : IIssuerKeysSource
{
    private const string Discovery = ".well-known/openid-configuration";

    // Not the discovery's jwks_uri: that is where the world finds them, which may be another server without our
    // credentials.
    private const string Keys = "openid/v1/jwks";

    public async Task<IssuerKeys> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument discovery = JsonDocument.Parse(await api.GetAsync(Discovery, null, cancellationToken));
            string issuer = discovery.RootElement.GetProperty("issuer").GetString() ?? "";
            return new IssuerKeys(issuer, Encoding.UTF8.GetString(await api.GetAsync(Keys, null, cancellationToken)));
        }
        catch (Exception exception) when (exception is ApiException || ApiFailure.IsOfConnection(exception))
        {
            throw new IssuerKeysException($"the API server does not give its issuer and keys: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new IssuerKeysException($"what the API server gives as its issuer and keys is neither: {exception.Message}", exception);
        }
    }
}
