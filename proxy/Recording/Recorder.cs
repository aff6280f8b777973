using SshGateway.Feed;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Recording;

/// <summary>Records the connections of sessions that are to be recorded.</summary>
internal sealed class Recorder(RecordingOptions options, RecordingWriter writer, RecordingMetrics metrics, TimeProvider time, ILogger<Recorder> logger)
{
    /// <summary>
    /// Serves a connection whose client was let in, and records it if its session says so. A connection that cannot be
    /// recorded is not served, unless the configuration says otherwise.
    /// </summary>
    /// <param name="connection">Its id in the logs.</param>
    /// <param name="serve">Serves it, with its recording if there is one, to its end.</param>
    /// <param name="report">Is told what was recorded, or why it is not.</param>
    // Without a state machine for the connections that are not recorded: it would last as long as they do.
    public Task<Result<T>> RunAsync<T>(
        SessionEntry entry, string connection, Func<ConnectionRecording?, Task<Result<T>>> serve, Action<RecordingSummary> report)
        where T : class => entry.Recording == RecordingMode.None ? serve(null) : RecordAsync(entry, connection, serve, report);

    /// <summary>Begins to record a connection.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public async Task<Result<ConnectionRecording>> BeginAsync(SessionEntry entry, string connection)
    {
        if (await writer.CheckAsync().ConfigureAwait(false) is not { } problem)
        {
            return new ConnectionRecording(connection, entry, options, writer, metrics, time, logger);
        }
        metrics.Failed();
        return new Refusal(ConnectionEnd.RecordingFailed, SessionSentences.CannotRecord(entry.SessionId), problem);
    }

    private async Task<Result<T>> RecordAsync<T>(
        SessionEntry entry, string connection, Func<ConnectionRecording?, Task<Result<T>>> serve, Action<RecordingSummary> report)
        where T : class
    {
        Result<ConnectionRecording> begun = await BeginAsync(entry, connection).ConfigureAwait(false);
        if (!begun.IsSuccess)
        {
            if (!options.ContinueOnFailure)
            {
                return begun.Refusal;
            }
            RecordingLog.Unrecorded(logger, connection, entry.SessionId, begun.Refusal.Detail!);
            report(new RecordingSummary([], 0, 0, begun.Refusal.Detail));
            return await serve(null).ConfigureAwait(false);
        }
        using ConnectionRecording recording = begun.Value;
        try
        {
            return await serve(recording).ConfigureAwait(false);
        }
        finally
        {
            await recording.EndAsync().ConfigureAwait(false);
            report(recording.Summary);
        }
    }
}

/// <summary>What was recorded of a connection.</summary>
/// <param name="Files">The first of the files.</param>
/// <param name="Count">All of the files.</param>
/// <param name="UnrecordedBytes">Of session channels that were not recorded.</param>
/// <param name="Problem">Why it is not recorded, or not to its end, though it should be; null: it is.</param>
internal sealed record RecordingSummary(IReadOnlyList<string> Files, int Count, long UnrecordedBytes, string? Problem);
