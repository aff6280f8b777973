using System.Net;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Operator:FeedInsecure, for which the feed must listen on loopback: whoever is on this machine may follow it.</summary>
internal sealed class NoAuthentication : IProxyAuthenticator
{
    private static readonly ProxyIdentity Anybody = new("anybody", DateTimeOffset.MaxValue);

    public ValueTask<ProxyIdentity> AuthenticateAsync(string? token, IPEndPoint peer, CancellationToken cancellationToken) => ValueTask.FromResult(Anybody);
}
