using System.Diagnostics.Metrics;

namespace SshGateway.Hosting.Metrics;

/// <summary>
/// Counters that show 0 before anything was counted. Prometheus sees no increase in a series that begins with 1, so an
/// alert would miss the first event.
/// </summary>
public static class ZeroStart
{
    /// <param name="counter">A counter by one tag.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="values">All values that it can have.</param>
    public static void StartAtZero(this Counter<long> counter, string tag, IEnumerable<string> values)
    {
        ArgumentNullException.ThrowIfNull(counter);
        ArgumentNullException.ThrowIfNull(values);
        foreach (string value in values)
        {
            counter.Add(0, new KeyValuePair<string, object?>(tag, value));
        }
    }
}
