using System.Net;
using Grpc.Core;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Decides who may follow the feed.</summary>
internal interface IProxyAuthenticator
{
    /// <param name="token">What the client brought; null: nothing.</param>
    /// <param name="peer">Where it came from, for the log.</param>
    /// <exception cref="RpcException">It may not, or it cannot be found out.</exception>
    ValueTask<ProxyIdentity> AuthenticateAsync(string? token, IPEndPoint peer, CancellationToken cancellationToken);
}

/// <summary>Who follows the feed, and until when that is proven.</summary>
/// <param name="Pod">The pod that the token was made for; null: the token does not say.</param>
internal sealed record ProxyIdentity(string Subject, DateTimeOffset ExpiresAt, string? Pod = null);

/// <summary>Operator:FeedInsecure: anyone on this machine may follow the feed, which listens on loopback.</summary>
internal sealed class NoAuthentication : IProxyAuthenticator
{
    private static readonly ProxyIdentity Anybody = new("anybody", DateTimeOffset.MaxValue);

    public ValueTask<ProxyIdentity> AuthenticateAsync(string? token, IPEndPoint peer, CancellationToken cancellationToken) => ValueTask.FromResult(Anybody);
}
