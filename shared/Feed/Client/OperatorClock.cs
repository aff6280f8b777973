using Microsoft.Extensions.Logging;

namespace SshGateway.Feed.Client;

/// <summary>How far this clock is from the operators': pod certificates and session ends depend on it.</summary>
internal sealed partial class OperatorClock(FeedProgram program, TimeProvider time, ILogger logger)
{
    // A message is on its way for a moment, and a busy machine reads it late.
    private static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(30);

    private long _skew;
    private volatile string? _problem;

    /// <summary>By how much this clock is ahead; negative: behind.</summary>
    public TimeSpan Skew => TimeSpan.FromTicks(Interlocked.Read(ref _skew));

    /// <summary>A sentence about a difference that is too large; null: there is none.</summary>
    public string? Problem => _problem;

    /// <param name="operatorTime">What an operator's clock says now, in milliseconds since 1970 UTC; 0: it does not
    /// say.</param>
    public void Compare(long operatorTime)
    {
        if (operatorTime == 0)
        {
            return;
        }
        TimeSpan skew = TimeSpan.FromMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds() - operatorTime);
        Interlocked.Exchange(ref _skew, skew.Ticks);
        bool wasWrong = _problem is not null;
        _problem = skew.Duration() <= Tolerated ? null
            : $"the {program.Name}'s clock is {skew.Duration().TotalSeconds:F0} s {(skew > TimeSpan.Zero ? "ahead of" : "behind")} the operator's";
        if (_problem is { } problem && !wasWrong)
        {
            Log.Skewed(logger, problem, program.ClockConsequence);
        }
        else if (_problem is null && wasWrong)
        {
            Log.Agrees(logger, program.Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Problem}. {Consequence}. Check the time synchronization of both machines")]
        public static partial void Skewed(ILogger logger, string problem, string consequence);

        [LoggerMessage(2, LogLevel.Information, "The {Program}'s clock agrees with the operator's again")]
        public static partial void Agrees(ILogger logger, string program);
    }
}
