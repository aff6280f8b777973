using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;
using SshGateway.Operator.Kubernetes.Tokens;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Asks the API server about a proxy's token: where the issuer's keys may not be read.</summary>
internal sealed class FeedTokenReview(TokenReviewer reviewer) : ITokenReview
{
    public async Task<ProxyIdentity> ReviewAsync(JsonWebToken token, CancellationToken cancellationToken)
    {
        ReviewedToken review = await reviewer.ReviewAsync(token.EncodedToken, TokenVerifier.Audience, cancellationToken);
        return review.Verdict switch
        {
            // The API server has verified all of it, so its exp can be believed.
            TokenVerdict.Authentic when token.ValidTo != DateTime.MinValue => new ProxyIdentity(review.User, new DateTimeOffset(token.ValidTo, TimeSpan.Zero)),
            TokenVerdict.Authentic => throw new TokenRefusedException(TokenFault.NoExpiry),
            TokenVerdict.Refused => throw new TokenRefusedException(TokenFault.Rejected),
            _ => throw new RpcException(new global::Grpc.Core.Status(StatusCode.Unavailable, "the operator can neither verify tokens now nor have them reviewed; its log says why")),
        };
    }
}
