using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SshGateway.Feed.Client;

namespace SshGateway.Bench.Scale;

/// <summary>What a proxy's feed client says: when it was in step, and whether anything was wrong.</summary>
internal sealed class SyncLog : ILogger<FeedClient>
{
    private const int InStep = 1;
    private const int EntrySkipped = 4;
    private const int Mismatch = 6;

    private volatile int _syncs;
    private volatile int _faults;
    private long _lastSync;

    public int Syncs => _syncs;

    /// <summary>Tables that were not the operator's, and entries that could not be used.</summary>
    public int Faults => _faults;

    public long LastSync => Volatile.Read(ref _lastSync);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == InStep)
        {
            Volatile.Write(ref _lastSync, Stopwatch.GetTimestamp());
            Interlocked.Increment(ref _syncs);
        }
        else if (eventId.Id is EntrySkipped or Mismatch)
        {
            Interlocked.Increment(ref _faults);
        }
    }
}
