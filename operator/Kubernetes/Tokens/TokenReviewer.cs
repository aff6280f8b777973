using k8s;
using k8s.Models;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Kubernetes.Api;

namespace SshGateway.Operator.Kubernetes.Tokens;

/// <summary>Asks the API server whose a token is.</summary>
internal sealed partial class TokenReviewer(ApiClient api, TimeProvider time, ILogger<TokenReviewer> logger)
    : ITokenReviewer, IDisposable
{
    // Whoever sends forged tokens must not keep the API server busy.
    private const int ReviewsInFlight = 8;

    private readonly ReviewCache _cache = new(time);
    private readonly SemaphoreSlim _slots = new(ReviewsInFlight);
    private string? _problem;

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
                LogFailed(logger, exception.Message);
            }
            return ReviewedToken.Unknown;
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose() => _slots.Dispose();

    private async Task<ReviewedToken> AskAsync(string token, string? audience, CancellationToken cancellationToken)
    {
        // Without audiences, the question is about tokens for the API server itself.
        var spec = new V1TokenReviewSpec { Token = token, Audiences = audience is null ? null : [audience] };
        V1TokenReview answer = await api.AuthenticationV1.CreateTokenReviewAsync(
            new V1TokenReview { Spec = spec }, cancellationToken: cancellationToken);
        V1TokenReviewStatus? status = answer.Status;
        // A server that does not know about audiences names none.
        bool isForAudience = audience is null || status?.Audiences?.Contains(audience, StringComparer.Ordinal) == true;
        return isForAudience && status is { Authenticated: true, User.Username: { Length: > 0 } user } ? new ReviewedToken(TokenVerdict.Authentic, user) : ReviewedToken.Refused;
    }

    [LoggerMessage(1, LogLevel.Warning, "Cannot have the API server review a caller's token: {Problem}")]
    private static partial void LogFailed(ILogger logger, string problem);
}
