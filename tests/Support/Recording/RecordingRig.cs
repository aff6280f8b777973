using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Feed;
using SshGateway.Proxy.Recording;
using SshGateway.Proxy.Sessions;
using SshGateway.Tests.Support.Pods;

namespace SshGateway.Tests.Support.Recording;

/// <summary>A recorder with its writer, and a directory of its own.</summary>
internal sealed class RecordingRig : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingMetrics _metrics = new();
    private readonly RecordingWriter _writer;
    private readonly TimeProvider _time;
    private int _begun;

    private RecordingRig(Func<RecordingOptions, RecordingOptions>? change, TimeProvider? time)
    {
        var options = new RecordingOptions { Directory = _directory.Path };
        Options = change?.Invoke(options) ?? options;
        _time = time ?? TimeProvider.System;
        _writer = new RecordingWriter(Options, _metrics, _time, Log);
        Recorder = new Recorder(Options, _writer, _metrics, _time, NullLogger<Recorder>.Instance);
    }

    public RecordingOptions Options { get; }

    public LogRecorder<RecordingWriter> Log { get; } = new();

    public Recorder Recorder { get; }

    public RecordingWriter Writer => _writer;

    public string Directory => _directory.Path;

    /// <summary>The recordings that are complete, in the order of their names.</summary>
    public IReadOnlyList<string> Complete => Find("*.cast");

    public IReadOnlyList<string> Partial => Find("*.partial");

    public static async Task<RecordingRig> StartAsync(Func<RecordingOptions, RecordingOptions>? change = null, TimeProvider? time = null)
    {
        var rig = new RecordingRig(change, time);
        await rig._writer.StartAsync(CancellationToken.None);
        return rig;
    }

    /// <summary>Its writer is not started: it takes what its queue takes.</summary>
    public static RecordingRig CreateIdle() => new(change: null, time: null);

    /// <summary>Begins without asking the writer whether it can write.</summary>
    public ConnectionRecording BeginUnchecked(RecordingMode mode) =>
        new("7f3a9c12-5", Entry(mode), Options, _writer, _metrics, _time, NullLogger.Instance);

    /// <summary>A connection with an id of its own, as in a proxy: the ids keep the names of files apart.</summary>
    public async Task<ConnectionRecording> BeginAsync(RecordingMode mode) => (await Recorder.BeginAsync(Entry(mode), $"7f3a9c12-{5 + _begun++}")).Value!;

    public static SessionEntry Entry(RecordingMode mode) => Sessions.Entry("abc12", endpoint: new IPEndPoint(IPAddress.Loopback, 2222), recording: mode);

    /// <summary>Everything has been written.</summary>
    public Task StopAsync() => _writer.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _writer.Dispose();
        _metrics.Dispose();
        _directory.Dispose();
    }

    private string[] Find(string pattern) => [.. System.IO.Directory.GetFiles(Directory, pattern).Order(StringComparer.Ordinal)];
}
