namespace SshGateway.Operator.Kubernetes.Watching;

/// <param name="End">What to do next.</param>
/// <param name="Problem">What went wrong; null when nothing did.</param>
/// <param name="RetryAfter">How long the server wants to be left alone.</param>
internal readonly record struct WatchResult(WatchEnd End, string? Problem, TimeSpan? RetryAfter)
{
    public static readonly WatchResult Normal = new(WatchEnd.Continue, null, null);
}
