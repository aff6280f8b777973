using System.Net;
using Grpc.Core;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Decides who may follow the feed.</summary>
internal interface IProxyAuthenticator
{
    /// <param name="token">What the client brought; null: nothing.</param>
    /// <param name="peer">Where it came from, for the log.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RpcException">It may not, or it cannot be found out.</exception>
    ValueTask<ProxyIdentity> AuthenticateAsync(string? token, IPEndPoint peer, CancellationToken cancellationToken);
}
