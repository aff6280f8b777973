using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Reflection;

namespace SshGateway.Kubernetes.ApiServer;

/// <summary>
/// Adds the token to each request; a request that was refused for it is sent once more with a fresh one. A fresh client
/// certificate gets connections of its own.
/// </summary>
/// <param name="connect">Makes connections with a certificate.</param>
internal sealed class AuthenticationHandler(ApiServerAccess access, Func<SslStreamCertificateContext?, HttpMessageHandler> connect) : HttpMessageHandler
{
    // The API server's audit log shows which program it was.
    private static readonly ProductInfoHeaderValue Product = Describe(Assembly.GetEntryAssembly() ?? typeof(AuthenticationHandler).Assembly);

    private readonly Lock _lock = new();
    private HttpMessageInvoker? _connections;
    private SslStreamCertificateContext? _certificate;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.UserAgent.Add(Product);
        // The handshake takes the name to ask for and to check from here.
        request.Headers.Host = access.TlsServerName;
        (string? Token, SslStreamCertificateContext? Certificate) shown = await AuthorizeAsync(request, cancellationToken);
        HttpResponseMessage response = await ForwardAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }
        access.Credentials.Invalidate();
        if (await AuthorizeAsync(request, cancellationToken) == shown)
        {
            return response;
        }
        response.Dispose();
        return await ForwardAsync(request, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _connections?.Dispose();
        }
        base.Dispose(disposing);
    }

    // A connection that cannot be made in time comes as a cancellation that nobody asked for; to everyone here it is a
    // failure like others.
    private async Task<HttpResponseMessage> ForwardAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await Connections().SendAsync(request, cancellationToken);
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException timeout && !cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(timeout.Message, timeout);
        }
    }

    private HttpMessageInvoker Connections()
    {
        lock (_lock)
        {
            SslStreamCertificateContext? certificate = access.Credentials.ClientCertificate;
            if (_connections is null || !ReferenceEquals(certificate, _certificate))
            {
                // The earlier connections end by themselves: requests are still on them.
                _connections = new HttpMessageInvoker(connect(certificate));
                _certificate = certificate;
            }
            return _connections;
        }
    }

    private async Task<(string? Token, SslStreamCertificateContext? Certificate)> AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string? token = await access.Credentials.GetTokenAsync(cancellationToken);
        if (token is not null && !IsOneWord(token))
        {
            throw new IOException($"{access.Origin}: the token has a character that no token has, such as a line break");
        }
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return (token, access.Credentials.ClientCertificate);
    }

    private static ProductInfoHeaderValue Describe(Assembly program) => new(program.GetName().Name!, program.GetName().Version?.ToString(3));

    // Anything else the header would refuse, with an exception that nobody expects.
    private static bool IsOneWord(string token) => token.Length > 0 && token.All(c => c is > ' ' and < '\x7f');
}
