using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace SshGateway.Hosting.Metrics;

/// <summary>One instrument for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/.</summary>
internal sealed class MetricFamily
{
    // Tags are words of closed lists; more would be a defect, which must not fill the memory of whoever scrapes.
    private const int MaxSeries = 200;

    private const string HistogramCount = "_count";

    // Seconds, for histograms whose instrument says nothing better.
    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, MetricSeries> _series = new(StringComparer.Ordinal);
    private readonly string _type;
    private readonly string? _help;
    private readonly bool _isDelta;
    private readonly bool _startsAtZero;
    private readonly IReadOnlyList<double> _bounds;

    public MetricFamily(Instrument instrument)
    {
        Type kind = instrument.GetType().GetGenericTypeDefinition();
        bool isHistogram = kind == typeof(Histogram<>);
        bool isCounter = kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>);
        _type = isHistogram ? "histogram" : isCounter ? "counter" : "gauge";
        _isDelta = kind == typeof(Counter<>) || kind == typeof(UpDownCounter<>);
        _startsAtZero = isHistogram && instrument.Meter.Name.StartsWith(MetricsText.OwnMeters, StringComparison.Ordinal);
        Name = NameOf(instrument, isCounter);
        _help = instrument.Description;
        _bounds = !isHistogram ? [] : instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } ? bounds : DefaultBounds;
    }

    public string Name { get; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = LabelsOf(tags);
        lock (_lock)
        {
            if (!_series.TryGetValue(labels, out MetricSeries? series))
            {
                if (_series.Count == MaxSeries)
                {
                    return;
                }
                _series[labels] = series = new MetricSeries(_bounds);
            }
            if (_type == "histogram")
            {
                series.Observe(value);
            }
            else if (_isDelta)
            {
                series.Add(value);
            }
            else
            {
                series.Set(value);
            }
        }
    }

    public void Write(StringBuilder text)
    {
        lock (_lock)
        {
            if (_series.Count == 0 && !_startsAtZero)
            {
                return;
            }
            if (_help is not null)
            {
                text.Append("# HELP ").Append(Name).Append(' ').Append(Escape(_help)).Append('\n');
            }
            text.Append("# TYPE ").Append(Name).Append(' ').Append(_type).Append('\n');
            foreach ((string labels, MetricSeries series) in _series)
            {
                WriteSeries(text, labels, series);
            }
            if (_series.Count == 0)
            {
                WriteSeries(text, "", new MetricSeries(_bounds));
            }
        }
    }

    private void WriteSeries(StringBuilder text, string labels, MetricSeries series)
    {
        if (_type != "histogram")
        {
            WriteSample(text, "", labels, series.Value);
            return;
        }
        foreach ((double bound, long count) in series.CumulativeBuckets())
        {
            WriteSample(text, "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{Number(bound)}\"", count);
        }
        WriteSample(text, "_sum", labels, series.Value);
        WriteSample(text, "_count", labels, series.Count);
    }

    private void WriteSample(StringBuilder text, string suffix, string labels, double value)
    {
        text.Append(Name).Append(suffix);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    // The rules of OpenTelemetry's specification, "Prometheus and OpenMetrics Compatibility": dots become underscores,
    // units are written out, counters end in _total.
    private static string NameOf(Instrument instrument, bool isCounter)
    {
        string name = Word(instrument.Name);
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (!name.EndsWith(unit, StringComparison.Ordinal))
        {
            name += unit;
        }
        if (isCounter)
        {
            return name + "_total";
        }
        // The suffix belongs to histograms; some of the runtime's gauges have it.
        return name.EndsWith(HistogramCount, StringComparison.Ordinal) ? name[..^HistogramCount.Length] : name;
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }
        var labels = new List<string>(tags.Length);
        foreach ((string key, object? value) in tags)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels.Add($"{Word(key)}=\"{Escape(text).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        }
        // The order of the tags makes no other series.
        labels.Sort(StringComparer.Ordinal);
        return string.Join(',', labels);
    }

    private static string Escape(string text) => text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    private static string Word(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
