using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using SshGateway.Hosting.Networks;
using SshGateway.Hosting.Tls;

namespace SshGateway.Kubernetes.ApiServer;

/// <summary>
/// Connections to the API server. Watches and writes get one client each: a connection has 100 streams, and a write
/// behind a burst of events waits for it.
/// </summary>
internal static class ApiConnection
{
    // The default is to never ping. A watch whose connection died without a word would then wait for ever.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // So that a rotated client certificate comes into use, and a new API server gets its share.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    /// <param name="access">The API server, and who we are.</param>
    public static HttpClient Open(ApiServerAccess access)
    {
        WebProxy? proxy = access.Proxy ?? HttpProxies.FindInEnvironment(access.Server, Environment.GetEnvironmentVariable);
        return new HttpClient(new AuthenticationHandler(access, certificate => Connect(access, proxy, certificate)))
        {
            BaseAddress = access.Server,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
    }

    private static SocketsHttpHandler Connect(ApiServerAccess access, WebProxy? proxy, SslStreamCertificateContext? certificate) => new()
    {
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        KeepAlivePingDelay = PingDelay,
        KeepAlivePingTimeout = PingTimeout,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = Lifetime,
        EnableMultipleHttp2Connections = true,
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = proxy is not null,
        Proxy = proxy,
        SslOptions = Tls(access, certificate),
        ConnectCallback = async (context, cancellationToken) => new ReadAheadStream(await TcpConnection.OpenAsync(context.DnsEndPoint, cancellationToken)),
    };

    private static SslClientAuthenticationOptions Tls(ApiServerAccess access, SslStreamCertificateContext? certificate) => new()
    {
        ClientCertificateContext = certificate,
        RemoteCertificateValidationCallback = (_, presented, chain, errors) => IsServer(access, presented, chain, errors),
    };

    private static bool IsServer(ApiServerAccess access, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (access.InsecureSkipTlsVerify)
        {
            return true;
        }
        // A name in the subject only is none (RFC 9525 section 2), although .NET takes it.
        if (certificate is not X509Certificate2 server || !server.Extensions.OfType<X509SubjectAlternativeNameExtension>().Any())
        {
            return false;
        }
        // Of the machine's own trust nothing is needed where there is another; the name has to be right.
        return access.Authorities is null ? errors == SslPolicyErrors.None
            : (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None && access.Authorities.HaveSigned(server, chain);
    }
}

/// <summary>How the API server is reached, and as whom.</summary>
internal sealed record ApiServerAccess
{
    public required Uri Server { get; init; }

    /// <summary>Where this was read from, for the log and for errors.</summary>
    public required string Origin { get; init; }

    public required ICredentialSource Credentials { get; init; }

    /// <summary>Who may sign the server's certificate; null: whom the machine trusts.</summary>
    public CertificateAuthorities? Authorities { get; init; }

    /// <summary>The name in the server's certificate; null: the name in <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The server's certificate is not checked at all.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The proxy in between, with its password; null: what the environment says.</summary>
    public WebProxy? Proxy { get; init; }
}
