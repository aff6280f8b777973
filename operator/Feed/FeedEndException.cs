using SshGateway.Feed;

namespace SshGateway.Operator.Feed;

/// <summary>The stream ends by our wish; the proxy is to come again, after a while.</summary>
internal sealed class FeedEndException(GoAwayReason reason, TimeSpan retryAfter) : Exception(reason.ToString())
{
    public GoAwayReason Reason { get; } = reason;

    public TimeSpan RetryAfter { get; } = retryAfter;
}
