namespace SshGateway.Hosting.Metrics;

/// <summary>One instrument's value for one set of tags.</summary>
internal sealed class MetricSeries(IReadOnlyList<double> bounds)
{
    private readonly long[] _buckets = new long[bounds.Count + 1];

    /// <summary>A counter's or histogram's sum, or what a gauge showed last.</summary>
    public double Value { get; private set; }

    /// <summary>How many measurements a histogram has.</summary>
    public long Count { get; private set; }

    public void Add(double value) => Value += value;

    public void Set(double value) => Value = value;

    public void Observe(double value)
    {
        int bucket = 0;
        while (bucket < bounds.Count && value > bounds[bucket])
        {
            bucket++;
        }
        _buckets[bucket]++;
        Count++;
        Value += value;
    }

    /// <summary>Upper bounds and how many measurements are at most that large.</summary>
    public IEnumerable<(double UpperBound, long Count)> CumulativeBuckets()
    {
        long sum = 0;
        for (int i = 0; i < _buckets.Length; i++)
        {
            sum += _buckets[i];
            yield return (i < bounds.Count ? bounds[i] : double.PositiveInfinity, sum);
        }
    }
}
