using Microsoft.IdentityModel.JsonWebTokens;
using SshGateway.Shared.Grpc;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Somebody who knows whose a token is, to ask while the issuer's keys cannot be had.</summary>
internal interface ITokenReview
{
    /// <exception cref="TokenRefusedException">It is nobody's, or not for the feed.</exception>
    /// <exception cref="GrpcException">Nobody can be asked now.</exception>
    Task<ProxyIdentity> ReviewAsync(JsonWebToken token, CancellationToken cancellationToken);
}
