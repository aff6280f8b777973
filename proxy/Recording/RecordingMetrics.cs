using System.Diagnostics.Metrics;
using SshGateway.Hosting.Metrics;

namespace SshGateway.Proxy.Recording;

/// <summary>The figures of the recordings.</summary>
internal sealed class RecordingMetrics : IDisposable
{
    private readonly Meter _meter = new("SshGateway.Proxy.Recording");
    private readonly UpDownCounter<long> _open;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _written;
    private readonly Counter<long> _unrecorded;
    private readonly Counter<long> _failures;
    private volatile bool _isBroken;

    public RecordingMetrics()
    {
        _open = _meter.CreateUpDownCounter<long>("sshgateway.proxy.recording_open", description: "Recordings that are being written");
        _ended = _meter.CreateCounter<long>("sshgateway.proxy.recording_ended", description: "Recordings by whether they are complete");
        _written = _meter.CreateCounter<long>("sshgateway.proxy.recording_written", "By", "Bytes written into recordings");
        _unrecorded = _meter.CreateCounter<long>(
            "sshgateway.proxy.recording_unrecorded", "By", "Bytes of session channels without a terminal that sessions with recording Terminal do not record");
        _failures = _meter.CreateCounter<long>("sshgateway.proxy.recording_failures", description: "Connections that could not be recorded, or not to their end");
        _meter.CreateObservableGauge("sshgateway.proxy.recording_broken", () => _isBroken ? 1 : 0, description: "1: the last attempt to write a recording failed");
        _open.Add(0);
        _ended.StartAtZero("result", ["complete", "partial"]);
        _written.Add(0);
        _unrecorded.Add(0);
        _failures.Add(0);
    }

    /// <summary>Whether the last attempt to write failed.</summary>
    public bool IsBroken
    {
        set => _isBroken = value;
    }

    public void Opened() => _open.Add(1);

    public void Ended(bool isComplete)
    {
        _open.Add(-1);
        _ended.Add(1, new KeyValuePair<string, object?>("result", isComplete ? "complete" : "partial"));
    }

    public void Written(long bytes) => _written.Add(bytes);

    public void Unrecorded(long bytes) => _unrecorded.Add(bytes);

    public void Failed() => _failures.Add(1);

    public void Dispose() => _meter.Dispose();
}
