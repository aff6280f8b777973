using System.Net;
using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Lets in whose ServiceAccount token is good and whose name is on the list.</summary>
/// <param name="reviewer">Who is asked while there are none; null: nobody can be.</param>
/// <param name="subjects">Who may follow the feed, such as
/// <c>system:serviceaccount:ssh-gateway:ssh-gateway-proxy</c>.</param>
internal sealed partial class TokenAuthenticator(
    IssuerKeysCache keys, ITokenReviewer? reviewer, IReadOnlyList<string> subjects, TimeProvider time,
    ILogger<TokenAuthenticator> logger) : IProxyAuthenticator
{
    private readonly TokenVerifier _verifier = new(time);

    public async ValueTask<ProxyIdentity> AuthenticateAsync(string? token, IPEndPoint peer, CancellationToken cancellationToken)
    {
        TokenResult result = await IdentifyAsync(token, cancellationToken);
        if (result.Identity is { } identity && subjects.Contains(identity.Subject, StringComparer.Ordinal))
        {
            return identity;
        }
        TokenFault fault = result.Fault ?? TokenFault.WrongSubject;
        LogRefused(logger, peer, fault.Sentence(), fault);
        throw new RpcException(new Status(StatusCode.Unauthenticated, fault.Sentence()));
    }

    private async Task<TokenResult> IdentifyAsync(string? token, CancellationToken cancellationToken)
    {
        if (TokenVerifier.Read(token, out JsonWebToken? read) is { } fault)
        {
            return new TokenResult(null, fault);
        }
        if (await keys.GetAsync(read!.Kid ?? "", cancellationToken) is { } known)
        {
            return await _verifier.VerifyAsync(read, known);
        }
        return reviewer is null
            ? throw Unavailable("the operator cannot verify tokens now; its log says why")
            : await ReviewAsync(reviewer, read, cancellationToken);
    }

    private static async Task<TokenResult> ReviewAsync(
        ITokenReviewer reviewer, JsonWebToken token, CancellationToken cancellationToken)
    {
        ReviewedToken review = await reviewer.ReviewAsync(token.EncodedToken, TokenVerifier.Audience, cancellationToken);
        return review.Verdict switch
        {
            TokenVerdict.Authentic when token.ValidTo == DateTime.MinValue => new TokenResult(null, TokenFault.NoExpiry),
            // The API server has verified all of it, so its exp can be believed.
            TokenVerdict.Authentic =>
                new TokenResult(new ProxyIdentity(review.User, new DateTimeOffset(token.ValidTo, TimeSpan.Zero), TokenVerifier.FindPod(token)), null),
            TokenVerdict.Refused => new TokenResult(null, TokenFault.Rejected),
            _ => throw Unavailable("the operator can neither verify tokens now nor have them reviewed; its log says why"),
        };
    }

    private static RpcException Unavailable(string problem) => new(new Status(StatusCode.Unavailable, problem));

    [LoggerMessage(1, LogLevel.Warning, "Refused the feed to {Peer}: {Sentence} ({Fault})")]
    private static partial void LogRefused(ILogger logger, IPEndPoint peer, string sentence, TokenFault fault);
}
