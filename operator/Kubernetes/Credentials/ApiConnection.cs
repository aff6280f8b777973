using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SshGateway.Operator.Kubernetes.Credentials;

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

    public static HttpClient Open(ApiServerAccess access)
    {
        var handler = new SocketsHttpHandler
        {
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = Lifetime,
            EnableMultipleHttp2Connections = true,
            AllowAutoRedirect = false,
            UseCookies = false,
            SslOptions = Tls(access),
        };
        if (access.Proxy is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy);
        }
        return new HttpClient(new AuthenticationHandler(access, handler))
        {
            BaseAddress = access.Server,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
    }

    private static SslClientAuthenticationOptions Tls(ApiServerAccess access)
    {
        var options = new SslClientAuthenticationOptions
        {
            LocalCertificateSelectionCallback = (_, _, _, _, _) => access.Credentials.ClientCertificate!,
        };
        if (access.InsecureSkipTlsVerify || access.Authorities is not null)
        {
            options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsServer(access, certificate, chain, errors);
        }
        return options;
    }

    private static bool IsServer(ApiServerAccess access, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (access.InsecureSkipTlsVerify)
        {
            return true;
        }
        // Only the machine's own trust may be missing; the name has to be right.
        return (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None
            && certificate is X509Certificate2 server && access.Authorities!.HaveSigned(server, chain);
    }
}
