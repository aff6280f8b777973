using System.Diagnostics.Metrics;
using SshGateway.Hosting.Metrics;
using Xunit;

namespace SshGateway.Tests.Unit.Metrics;

/// <summary>The Prometheus text format, sample by sample.</summary>
public sealed class MetricsTextTests : IDisposable
{
    // Each test has a name of its own: meters are seen by the whole process.
    private readonly string _name = "test" + Guid.NewGuid().ToString("N");
    private readonly Meter _meter = new("SshGateway.Tests");
    private readonly MetricsText _metrics = new();

    public void Dispose()
    {
        _metrics.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void A_counter_is_summed_by_its_tags()
    {
        Counter<long> counter = _meter.CreateCounter<long>($"{_name}.a-b", description: "What \\ it\nis");
        counter.Add(1, Tag("end", "PodLost"), Tag("blame", "Pod"));
        counter.Add(2, Tag("blame", "Pod"), Tag("end", "PodLost"));
        counter.Add(5, Tag("end", "a \"quoted\" \\ \n word"));

        Assert.Equal(
            $$"""
            # HELP {{_name}}_a_b_total What \\ it\nis
            # TYPE {{_name}}_a_b_total counter
            {{_name}}_a_b_total{blame="Pod",end="PodLost"} 3
            {{_name}}_a_b_total{end="a \"quoted\" \\ \n word"} 5

            """,
            Own());
    }

    [Fact]
    public void Gauges_show_what_is_now_and_units_are_written_out()
    {
        long entries = 3;
        _meter.CreateObservableGauge($"{_name}.entries", () => entries);
        _meter.CreateObservableCounter($"{_name}.sent", () => 1_234_567_890_123, "By");
        _meter.CreateObservableGauge($"{_name}.age", () => 0.25, "s");
        UpDownCounter<long> open = _meter.CreateUpDownCounter<long>($"{_name}.open");
        open.Add(3);
        open.Add(-1);
        Own();
        entries = 4;

        Assert.Equal(
            $"""
            # TYPE {_name}_age_seconds gauge
            {_name}_age_seconds 0.25
            # TYPE {_name}_entries gauge
            {_name}_entries 4
            # TYPE {_name}_open gauge
            {_name}_open 2
            # TYPE {_name}_sent_bytes_total counter
            {_name}_sent_bytes_total 1234567890123

            """,
            Own());
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_by_its_own_bounds()
    {
        Histogram<double> histogram = _meter.CreateHistogram(
            $"{_name}.login", "s", null, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (double value in new[] { 0.05, 0.1, 0.5, 7 })
        {
            histogram.Record(value, Tag("kind", "x"));
        }

        Assert.Equal(
            $$"""
            # TYPE {{_name}}_login_seconds histogram
            {{_name}}_login_seconds_bucket{kind="x",le="0.1"} 2
            {{_name}}_login_seconds_bucket{kind="x",le="1"} 3
            {{_name}}_login_seconds_bucket{kind="x",le="+Inf"} 4
            {{_name}}_login_seconds_sum{kind="x"} 7.65
            {{_name}}_login_seconds_count{kind="x"} 4

            """,
            Own());
    }

    [Fact]
    public void The_series_of_an_instrument_are_bounded()
    {
        Counter<long> counter = _meter.CreateCounter<long>($"{_name}.many");
        for (int i = 0; i < 1000; i++)
        {
            counter.Add(1, Tag("id", i));
        }
        Assert.Equal(200, Own().Split('\n').Count(line => line.StartsWith(_name, StringComparison.Ordinal)));
    }

    [Fact]
    public void Other_meters_are_left_out_and_the_runtimes_are_not()
    {
        using var other = new Meter("Somebody.Else");
        other.CreateCounter<long>($"{_name}.other").Add(1);

        Assert.Empty(Own());
        Assert.Contains("dotnet_gc_collections_total{", _metrics.Write(), StringComparison.Ordinal);
    }

    private static KeyValuePair<string, object?> Tag(string key, object value) => new(key, value);

    private string Own() => string.Concat(_metrics.Write().Split('\n').Where(line => line.Contains(_name, StringComparison.Ordinal)).Select(line => line + "\n"));
}
