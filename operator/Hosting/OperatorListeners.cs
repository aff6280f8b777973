using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SshGateway.Hosting;
using SshGateway.Operator.Configuration;
using SshGateway.Operator.Feed.Certificates;

namespace SshGateway.Operator.Hosting;

/// <summary>
/// The feed's listener (HTTP/2 only, with TLS), the probes' (HTTP/1.1 only, without), and, if there is one, the one for
/// TARS (HTTP/1.1 only, with the feed's certificate).
/// </summary>
internal sealed class OperatorListeners(OperatorOptions options)
{
    private ListenOptions? _feed;
    private ListenOptions? _probes;
    private ListenOptions? _internal;

    /// <summary>Where the feed is bound, once the process has started.</summary>
    public IPEndPoint? Feed => _feed?.IPEndPoint;

    /// <summary>Where the probes are bound, once the process has started.</summary>
    public IPEndPoint? Probes => _probes?.IPEndPoint;

    /// <summary>Where TARS asks, once the process has started; null: nowhere.</summary>
    public IPEndPoint? Internal => _internal?.IPEndPoint;

    public void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        // The feed has a limit of its own for a proxy that takes nothing, and ends one stream rather than the
        // connection.
        kestrel.Limits.MinResponseDataRate = null;
        Listen(kestrel, options.FeedListen, listener =>
        {
            listener.Protocols = HttpProtocols.Http2;
            if (!options.FeedInsecure)
            {
                Secure(listener, SslApplicationProtocol.Http2);
            }
            _feed = listener;
        });
        Listen(kestrel, options.HttpListen, listener =>
        {
            listener.Protocols = HttpProtocols.Http1;
            _probes = listener;
        });
        Listen(kestrel, options.InternalListen, listener =>
        {
            listener.Protocols = HttpProtocols.Http1;
            Secure(listener, SslApplicationProtocol.Http11);
            _internal = listener;
        });
    }

    private static void Secure(ListenOptions listener, SslApplicationProtocol protocol)
    {
        List<SslApplicationProtocol> protocols = [protocol];
        FeedCertificate certificate = listener.ApplicationServices.GetRequiredService<FeedCertificate>();
        listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificate.Current(),
                ApplicationProtocols = protocols,
            }),
        });
    }

    private static void Listen(KestrelServerOptions kestrel, string address, Action<ListenOptions> configure)
    {
        // The options have been validated: it parses, or there is none.
        if (ListenAddress.TryParse(address, out IPEndPoint? endPoint))
        {
            kestrel.Listen(endPoint, configure);
        }
    }
}
