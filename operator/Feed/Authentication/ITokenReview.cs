using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Somebody who knows whose a token is, to ask while the issuer's keys cannot be had.</summary>
internal interface ITokenReview
{
    /// <exception cref="TokenRefusedException">It is nobody's, or not for the feed.</exception>
    /// <exception cref="RpcException">Nobody can be asked now.</exception>
    Task<ProxyIdentity> ReviewAsync(JsonWebToken token, CancellationToken cancellationToken);
}
