using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using SshGateway.Hosting.Networks;
using SshGateway.Hosting.Tls;

namespace SshGateway.Feed.Client;

/// <summary>Makes the HTTP/2 connection to one operator.</summary>
internal static class OperatorChannel
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <param name="address">https://host:port, or without credentials http://host:port (HTTP/2 prior
    /// knowledge).</param>
    /// <param name="credentials">Whom to trust, and who we are; null: nobody asks.</param>
    /// <param name="endPoint">The one of the host's addresses to connect to; null: the first that answers.</param>
    public static GrpcChannel Open(Uri address, OperatorCredentials? credentials, IPEndPoint? endPoint)
    {
        if (credentials is not null && address.Scheme != Uri.UriSchemeHttps)
        {
            throw new ArgumentException("a token goes over https only", nameof(address));
        }
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = FeedLimits.MaxMessageBytes,
            MaxSendMessageSize = FeedLimits.MaxMessageBytes,
            // As at the operator: nobody compresses.
            CompressionProviders = [],
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsServer(address.Host, credentials, certificate, chain, errors),
                },
                ConnectTimeout = ConnectTimeout,
                ConnectCallback = async (context, cancellationToken) =>
                    new NetworkStream(await TcpConnection.OpenAsync(endPoint ?? (EndPoint)context.DnsEndPoint, cancellationToken), ownsSocket: true),
                // Off by default: without pings a vanished server is noticed only by the heartbeats' limit.
                KeepAlivePingDelay = TimeSpan.FromSeconds(20),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                ActivityHeadersPropagator = null,
            },
        });
    }

    /// <summary>What a call brings along to say who we are.</summary>
    public static Metadata Headers(OperatorCredentials? credentials) =>
        credentials is null ? [] : new Metadata { { "authorization", $"Bearer {credentials.Token}" } };

    // The machine's own trust does not count, be it there or not; the name has to be right.
    private static bool IsServer(string host, OperatorCredentials? credentials, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        FindProblem(host, credentials, certificate as X509Certificate2, chain, errors) is { } problem
            // The callback's false would become a sentence that says nothing.
            ? throw new AuthenticationException(problem)
            : true;

    private static string? FindProblem(string host, OperatorCredentials? credentials, X509Certificate2? server, X509Chain? chain, SslPolicyErrors errors)
    {
        if (server is null || credentials is null)
        {
            return "the operator has shown no certificate";
        }
        if (!credentials.Authorities.HaveSigned(server, chain))
        {
            return server.NotBefore > DateTime.Now || server.NotAfter < DateTime.Now
                ? $"the operator's certificate is good from {server.NotBefore.ToUniversalTime():u} to {server.NotAfter.ToUniversalTime():u}, and this machine's clock says {DateTime.UtcNow:u}"
                : $"the operator's certificate ({server.Subject}, issued by {server.Issuer}) is not signed by a CA of {credentials.Section}:OperatorCA";
        }
        return (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None ? null
            : $"the operator's certificate is not for {host}, its name in {credentials.Section}:Operators ({server.Subject})";
    }
}

/// <summary>Who may sign the operator's certificate, and the bearer token that says who we are.</summary>
/// <param name="section">The section of the settings that both come from, for messages.</param>
internal sealed class OperatorCredentials(string section, CertificateAuthorities authorities, string token)
{
    public string Section { get; } = section;

    public CertificateAuthorities Authorities { get; } = authorities;

    public string Token { get; } = token;
}
