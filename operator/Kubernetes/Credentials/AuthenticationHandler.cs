using System.Net;
using System.Net.Http.Headers;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>Adds the token to each request; a request that was refused for it is sent once more with a fresh one.</summary>
internal sealed class AuthenticationHandler(ApiServerAccess access, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly ProductInfoHeaderValue Product = new("sshgateway-operator", typeof(AuthenticationHandler).Assembly.GetName().Version!.ToString(3));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.UserAgent.Add(Product);
        // The handshake takes the name to ask for and to check from here.
        request.Headers.Host = access.TlsServerName;
        string? token = await AuthorizeAsync(request, cancellationToken);
        HttpResponseMessage response = await ForwardAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }
        access.Credentials.Invalidate();
        if (await AuthorizeAsync(request, cancellationToken) == token)
        {
            return response;
        }
        response.Dispose();
        return await ForwardAsync(request, cancellationToken);
    }

    // A connection that cannot be made in time comes as a cancellation that nobody asked for; to everyone here it is a failure like others.
    private async Task<HttpResponseMessage> ForwardAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException timeout && !cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(timeout.Message, timeout);
        }
    }

    private async Task<string?> AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string? token = await access.Credentials.GetTokenAsync(cancellationToken);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return token;
    }
}
