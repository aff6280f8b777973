using System.Net;
using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Lets in whose ServiceAccount token is good and whose name is on the list.</summary>
/// <param name="keys">The issuer's keys.</param>
/// <param name="review">Who is asked while there are none; null: nobody can be.</param>
/// <param name="subjects">Who may follow the feed, such as <c>system:serviceaccount:ssh-gateway:ssh-gateway-proxy</c>.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class TokenAuthenticator(
    IssuerKeysCache keys, ITokenReview? review, IReadOnlyList<string> subjects, TimeProvider time, ILogger<TokenAuthenticator> logger) : IProxyAuthenticator
{
    private readonly TokenVerifier _verifier = new(time);

    public async ValueTask<ProxyIdentity> AuthenticateAsync(string? token, IPEndPoint peer, CancellationToken cancellationToken)
    {
        try
        {
            ProxyIdentity identity = await IdentifyAsync(token, cancellationToken);
            return subjects.Contains(identity.Subject, StringComparer.Ordinal) ? identity : throw new TokenRefusedException(TokenFault.WrongSubject);
        }
        catch (TokenRefusedException refusal)
        {
            AuthenticationLog.Refused(logger, peer, refusal.Fault, refusal.Message);
            throw new RpcException(new Status(StatusCode.Unauthenticated, refusal.Message, refusal));
        }
    }

    private async Task<ProxyIdentity> IdentifyAsync(string? token, CancellationToken cancellationToken)
    {
        JsonWebToken read = TokenVerifier.Read(token);
        if (await keys.GetAsync(read.Kid ?? "", cancellationToken) is { } known)
        {
            return await _verifier.VerifyAsync(read, known);
        }
        return review is not null
            ? await review.ReviewAsync(read, cancellationToken)
            : throw new RpcException(new Status(StatusCode.Unavailable, "the operator cannot verify tokens now; its log says why"));
    }
}
