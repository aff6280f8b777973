using System.Diagnostics;

namespace SshGateway.Bench.Scale;

/// <summary>The median, the 99th percentile and the longest of some times.</summary>
internal sealed record Percentiles(double P50, double P99, double Longest)
{
    /// <param name="from">When each began.</param>
    /// <param name="to">When each ended.</param>
    public static Percentiles Milliseconds(IReadOnlyDictionary<string, long> from, IReadOnlyDictionary<string, long> to)
    {
        // What was told before the request that caused it was answered took no time.
        double[] times = [.. to.Select(t => Math.Max(0, Stopwatch.GetElapsedTime(from[t.Key], t.Value).TotalMilliseconds)).Order()];
        return new Percentiles(times[times.Length / 2], times[times.Length * 99 / 100], times[^1]);
    }
}
