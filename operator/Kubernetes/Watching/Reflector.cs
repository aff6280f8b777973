using System.Text.Json;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>
/// Keeps a store equal to a collection of the API server: a list, then watches, and a list again only when the watches'
/// history is gone. Whatever fails, the store keeps what is known.
/// </summary>
internal sealed class Reflector<T>
    where T : KubernetesObject
{
    private readonly ResourceClient<T> _client;
    private readonly ObjectStore<T> _store;
    private readonly Lister<T> _lister;
    private readonly Watcher<T> _watcher;
    private readonly Backoff _backoff;
    private readonly WatchingMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public Reflector(ResourceClient<T> client, ObjectStore<T> store, WatchingMetrics metrics, TimeProvider time, Random random, ILogger logger)
    {
        var decoding = new ObjectDecoding<T>(metrics, logger);
        _client = client;
        _store = store;
        _lister = new Lister<T>(client, store, decoding, logger);
        _watcher = new Watcher<T>(client, store, decoding, time, random);
        _backoff = new Backoff(time, random);
        _metrics = metrics;
        _time = time;
        _logger = logger;
    }

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        bool isListNeeded = true;
        bool isJustListed = false;
        while (true)
        {
            WatchResult result = isListNeeded ? await ListAsync(cancellationToken) : await _watcher.WatchAsync(isJustListed, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            isJustListed = isListNeeded && result.End == WatchEnd.Continue;
            isListNeeded = result.End is WatchEnd.Relist or WatchEnd.BackOffAndRelist;
            if (result.End == WatchEnd.Relist)
            {
                WatchingLog.HistoryGone(_logger, _client.Collection, result.Problem);
            }
            if (result.End is WatchEnd.BackOff or WatchEnd.BackOffAndRelist)
            {
                TimeSpan delay = _backoff.Next(result.RetryAfter);
                _metrics.Failed(_client.Resource.Kind);
                WatchingLog.Failed(_logger, _client.Collection, result.Problem, delay.TotalSeconds, _store.IsSynced ? "what is known stays in force" : "nothing is known yet");
                await Task.Delay(delay, _time, cancellationToken);
            }
        }
    }

    private async Task<WatchResult> ListAsync(CancellationToken cancellationToken)
    {
        _metrics.Listing(_client.Resource.Kind);
        try
        {
            return await _lister.ListAsync(cancellationToken)
                ? WatchResult.Normal
                : new WatchResult(WatchEnd.BackOffAndRelist, "the server is behind what is known", null);
        }
        catch (ApiException exception)
        {
            return new WatchResult(WatchEnd.BackOffAndRelist, exception.Message, exception.RetryAfter);
        }
        catch (Exception exception) when (ApiFailure.IsOfConnection(exception) || exception is JsonException)
        {
            return new WatchResult(WatchEnd.BackOffAndRelist, exception.Message, null);
        }
    }
}
