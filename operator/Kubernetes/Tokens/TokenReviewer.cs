using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Credentials;
using k8s;
using k8s.Models;

namespace SshGateway.Operator.Kubernetes.Tokens;

/// <summary>Asks the API server whose a token is.</summary>
internal sealed class TokenReviewer : IDisposable
{
    // Whoever sends forged tokens must not keep the API server busy.
    private const int ReviewsInFlight = 8;

    private readonly ApiClient _api;
    private readonly ReviewCache _cache;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _slots = new(ReviewsInFlight);
    private string? _problem;

    /// <param name="access">The API server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public TokenReviewer(ApiServerAccess access, TimeProvider time, ILogger<TokenReviewer> logger)
    {
        _api = new ApiClient(ApiConnection.Open(access), time);
        _cache = new ReviewCache(time);
        _logger = logger;
    }

    /// <param name="token">A token of bounded length.</param>
    /// <param name="audience">Whom it has to be for; null: the API server itself.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<ReviewedToken> ReviewAsync(string token, string? audience, CancellationToken cancellationToken)
    {
        string question = $"{audience} {token}";
        if (_cache.Find(question) is { } known)
        {
            return known;
        }
        if (!await _slots.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            return ReviewedToken.Unknown;
        }
        try
        {
            ReviewedToken review = await AskAsync(token, audience, cancellationToken);
            _cache.Add(question, review);
            _problem = null;
            return review;
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception))
        {
            // Every caller meets it; it is said when it is something new.
            if (Interlocked.Exchange(ref _problem, exception.Message) != exception.Message)
            {
                TokenLog.Failed(_logger, exception.Message);
            }
            return ReviewedToken.Unknown;
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose()
    {
        _slots.Dispose();
        _api.Dispose();
    }

    private async Task<ReviewedToken> AskAsync(string token, string? audience, CancellationToken cancellationToken)
    {
        // Without audiences, the question is about tokens for the API server itself.
        var question = new V1TokenReview { Spec = new V1TokenReviewSpec { Token = token, Audiences = audience is null ? null : [audience] } };
        V1TokenReviewStatus? status = (await _api.AuthenticationV1.CreateTokenReviewAsync(question, cancellationToken: cancellationToken)).Status;
        // A server that does not know about audiences names none.
        bool isForAudience = audience is null || status?.Audiences?.Contains(audience, StringComparer.Ordinal) == true;
        return isForAudience && status is { Authenticated: true, User.Username: { Length: > 0 } user } ? new ReviewedToken(TokenVerdict.Authentic, user) : ReviewedToken.Refused;
    }
}

internal static partial class TokenLog
{
    [LoggerMessage(1, LogLevel.Warning, "The API server could not be asked whose a caller's token is: {Problem}")]
    public static partial void Failed(ILogger logger, string problem);
}
