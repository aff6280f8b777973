using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;

namespace SshGateway.Shared.Grpc;

/// <summary>The client side of gRPC over one HTTP/2 connection to one server. Disposing it ends its calls.</summary>
public sealed class GrpcClient : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly Uri _address;
    private readonly HttpMessageInvoker _http;
    private readonly AuthenticationHeaderValue? _authorization;

    /// <param name="address">https://host:port, or without credentials http://host:port: HTTP/2 with prior knowledge.</param>
    /// <param name="credentials">Whom to trust, and who we are; null: nobody asks.</param>
    /// <param name="endPoint">The one of the host's addresses to connect to; null: the first that answers.</param>
    public GrpcClient(Uri address, GrpcCredentials? credentials = null, IPEndPoint? endPoint = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (credentials is not null && address.Scheme != Uri.UriSchemeHttps)
        {
            throw new ArgumentException("a token goes over https only", nameof(address));
        }
        _address = address;
        _authorization = credentials is null ? null : new AuthenticationHeaderValue(GrpcHeaders.Bearer, credentials.Token);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsServer(credentials, certificate, chain, errors),
            },
            ConnectTimeout = ConnectTimeout,
            ConnectCallback = (context, cancellationToken) => ConnectAsync(endPoint ?? (EndPoint)context.DnsEndPoint, cancellationToken),
            // Off by default: without pings a vanished server is noticed only by the heartbeats' limit.
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
        });
    }

    /// <summary>Starts a call. Connecting, and its failure, show at the first read or write.</summary>
    public GrpcClientCall<TRequest, TResponse> Open<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        var content = new GrpcRequestContent();
        content.Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_address, method.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Headers.Add(GrpcHeaders.AcceptEncoding, GrpcHeaders.Identity);
        request.Headers.Authorization = _authorization;
        return new GrpcClientCall<TRequest, TResponse>(_http, request, content, method);
    }

    public void Dispose() => _http.Dispose();

    // The machine's own trust does not count, be it there or not; the name has to be right.
    private static bool IsServer(GrpcCredentials? credentials, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None
        && certificate is X509Certificate2 server && credentials is not null && credentials.Authorities.HaveSigned(server, chain);

    private static async ValueTask<Stream> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        // A socket without an address family takes both.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
