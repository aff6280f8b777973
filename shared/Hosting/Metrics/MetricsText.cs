using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace SshGateway.Hosting.Metrics;

/// <summary>
/// All of the process's own meters, and the runtime's, as the Prometheus text format. Begins to count when it is made,
/// so it is made before what it counts. (The libraries that do this are prereleases or not to be had where this is
/// built.)
/// </summary>
internal sealed class MetricsText : IDisposable
{
    /// <summary>The beginning of the gateway's meters' names.</summary>
    public const string OwnMeters = "SshGateway.";

    /// <summary>The meter of the .NET runtime: memory, garbage collections, processor time.</summary>
    public const string RuntimeMeter = "System.Runtime";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();

    public MetricsText()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith(OwnMeters, StringComparison.Ordinal) || instrument.Meter.Name == RuntimeMeter)
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, i => new MetricFamily(i)));
            }
        };
        _listener.MeasurementsCompleted = (instrument, _) => _families.TryRemove(instrument, out MetricFamily? _);
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>What every instrument shows now.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (MetricFamily family in _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            family.Write(text);
        }
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();
}
