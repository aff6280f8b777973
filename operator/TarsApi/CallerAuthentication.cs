using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Principal;
using Microsoft.Extensions.Primitives;
using SshGateway.Operator.Feed.Authentication;

namespace SshGateway.Operator.TarsApi;

/// <summary>Decides by the bearer token (RFC 6750 section 2.1) who may ask about sessions.</summary>
/// <param name="reviewer">Says whose a token is; null when there is no API server.</param>
/// <param name="allowed">The ServiceAccounts that may ask, as the API server calls them.</param>
/// <param name="acceptsApiServerTokens">Whether a token may also be for the API server.</param>
internal sealed class CallerAuthentication(
    ITokenReviewer? reviewer, IReadOnlySet<string> allowed, bool acceptsApiServerTokens, ILogger<CallerAuthentication> logger)
{
    // A ServiceAccount's token has about 1 KiB.
    private const int MaxToken = 8 * 1024;

    /// <summary>Whether the request is answered. Then its user is whom the API server says the token is of.</summary>
    public async Task<CallerVerdict> JudgeAsync(HttpContext context)
    {
        if (reviewer is null)
        {
            return CallerVerdict.NoServer;
        }
        if (allowed.Count == 0)
        {
            return CallerVerdict.NobodyAllowed;
        }
        if (ReadToken(context.Request.Headers.Authorization) is not { } token)
        {
            return CallerVerdict.NoToken;
        }
        // A longer one is nobody's, and not worth a question.
        ReviewedToken review = token.Length > MaxToken ? ReviewedToken.Refused : await ReviewAsync(reviewer, token, context.RequestAborted);
        switch (review.Verdict)
        {
            case TokenVerdict.Unknown:
                return CallerVerdict.Unavailable;
            case TokenVerdict.Refused:
                CallerLog.BadToken(logger, context.Connection.RemoteIpAddress);
                return CallerVerdict.BadToken;
            default:
                if (allowed.Contains(review.User))
                {
                    context.User = new ClaimsPrincipal(new GenericIdentity(review.User));
                    return CallerVerdict.Allowed;
                }
                CallerLog.Forbidden(logger, review.User, context.Connection.RemoteIpAddress);
                return CallerVerdict.Forbidden;
        }
    }

    private async Task<ReviewedToken> ReviewAsync(ITokenReviewer reviewer, string token, CancellationToken cancellationToken)
    {
        ReviewedToken review = await reviewer.ReviewAsync(token, TokenVerifier.Audience, cancellationToken);
        return review.Verdict == TokenVerdict.Refused && acceptsApiServerTokens
            ? await reviewer.ReviewAsync(token, audience: null, cancellationToken) : review;
    }

    private static string? ReadToken(StringValues headers) =>
        headers.Count == 1 && AuthenticationHeaderValue.TryParse(headers[0], out AuthenticationHeaderValue? header)
        && header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) && header.Parameter is { Length: > 0 } token ? token : null;
}

/// <summary>Whether a caller gets an answer.</summary>
internal enum CallerVerdict
{
    Allowed,

    /// <summary>There is no bearer token.</summary>
    NoToken,

    /// <summary>The token is nobody's.</summary>
    BadToken,

    /// <summary>The token is of somebody who may not ask.</summary>
    Forbidden,

    /// <summary>No one may ask, by configuration.</summary>
    NobodyAllowed,

    /// <summary>Whose the token is cannot be found out now.</summary>
    Unavailable,

    /// <summary>There is no API server to ask whose a token is.</summary>
    NoServer,
}

internal static partial class CallerLog
{
    [LoggerMessage(1, LogLevel.Information, "Refused a request from {Address}: the API server rejects its token")]
    public static partial void BadToken(ILogger logger, IPAddress? address);

    [LoggerMessage(2, LogLevel.Warning, "Refused a request of {User} from {Address}: the user is not in Operator:InternalCallers")]
    public static partial void Forbidden(ILogger logger, string user, IPAddress? address);
}
