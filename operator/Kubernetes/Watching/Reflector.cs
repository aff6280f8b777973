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
    // However many proxies wait, and for whatever. Less than they wait, so that one that has come is not sent away for
    // it.
    private static readonly TimeSpan CatchUpInterval = TimeSpan.FromSeconds(5);

    // A restarted server and a busy one have answered by then. The sessions that need no such objects wait for this.
    private const int FailuresUntilRefused = 3;

    private readonly ResourceClient<T> _client;
    private readonly ChangeSignal _asked = new();
    private readonly Lister<T> _lister;
    private readonly Watcher<T> _watcher;
    private readonly Backoff _backoff;
    private readonly WatchingMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private int _failures;
    private ulong _wanted;
    private long? _caughtUpAt;

    public Reflector(ResourceClient<T> client, ObjectStore<T> store, WatchingMetrics metrics, TimeProvider time, Random random, ILogger logger)
    {
        var decoding = new ObjectDecoding<T>(metrics, logger);
        _client = client;
        Store = store;
        _lister = new Lister<T>(client, store, decoding, logger);
        _watcher = new Watcher<T>(client, store, decoding, time, random);
        _backoff = new Backoff(time, random);
        _metrics = metrics;
        _time = time;
        _logger = logger;
    }

    /// <summary>What is known of the collection.</summary>
    public ObjectStore<T> Store { get; }

    /// <summary>Somebody waits for this version. A list shows whether there is more; a quiet watch may not.</summary>
    public void CatchUp(ulong version)
    {
        Volatile.Write(ref _wanted, version);
        if (IsBehind)
        {
            _asked.Set();
        }
    }

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        bool isListNeeded = true;
        bool isJustListed = false;
        bool isCatchingUp = false;
        while (true)
        {
            WatchResult result = isListNeeded ? await ListAsync(isCatchingUp, cancellationToken) : await WatchAsync(isJustListed, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            isJustListed = isListNeeded && result.End == WatchEnd.Continue;
            isCatchingUp = result.End == WatchEnd.CatchUp;
            isListNeeded = isCatchingUp || result.End is WatchEnd.Relist or WatchEnd.BackOffAndRelist;
            if (result.End == WatchEnd.Relist)
            {
                WatchingLog.HistoryGone(_logger, _client.Collection, result.Problem);
            }
            if (result.End is WatchEnd.BackOff or WatchEnd.BackOffAndRelist)
            {
                TimeSpan delay = _backoff.Next(result.RetryAfter);
                _metrics.Failed(_client.Resource.Kind);
                Report(result, delay);
                await Task.Delay(delay, _time, cancellationToken);
            }
        }
    }

    private void Report(WatchResult result, TimeSpan delay)
    {
        if (!_client.Resource.IsOptional || Store.IsSynced)
        {
            WatchingLog.Failed(_logger, _client.Collection, result.Problem, delay.TotalSeconds, Store.IsSynced ? "what is known stays in force" : "nothing is known yet");
            return;
        }
        if (!result.IsForbidden && ++_failures < FailuresUntilRefused)
        {
            WatchingLog.Failed(_logger, _client.Collection, result.Problem, delay.TotalSeconds, "nothing is known yet");
            return;
        }
        // Once: a missing permission can stay missing for as long as the cluster lives.
        if (Store.Problem != result.Problem)
        {
            WatchingLog.KeysUnreadable(_logger, _client.Collection, result.Problem);
            Store.Refuse(result.Problem ?? "");
        }
    }

    private bool IsBehind => Store.Version is { } known && ResourceVersions.Number(known) < Volatile.Read(ref _wanted);

    // To its end, or until somebody waits for more than it has told.
    private async Task<WatchResult> WatchAsync(bool isJustListed, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<WatchResult> watch = _watcher.WatchAsync(isJustListed, ending.Token);
        Task behind = AwaitBehindAsync(ending.Token);
        bool isBehind = await Task.WhenAny(watch, behind) == behind && !watch.IsCompleted;
        await ending.CancelAsync();
        await Task.WhenAll(watch, behind).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (!isBehind)
        {
            return await watch;
        }
        _caughtUpAt = _time.GetTimestamp();
        WatchingLog.CatchingUp(_logger, _client.Collection, Store.Version);
        return new WatchResult(WatchEnd.CatchUp, null, null);
    }

    private async Task AwaitBehindAsync(CancellationToken cancellationToken)
    {
        do
        {
            await _asked.WaitAsync(cancellationToken);
            if (_caughtUpAt is { } caughtUpAt && _time.GetElapsedTime(caughtUpAt) is var since && since < CatchUpInterval)
            {
                await Task.Delay(CatchUpInterval - since, _time, cancellationToken);
            }
        }
        while (!IsBehind);
    }

    private async Task<WatchResult> ListAsync(bool isLatestNeeded, CancellationToken cancellationToken)
    {
        _metrics.Listing(_client.Resource.Kind);
        try
        {
            return await _lister.ListAsync(isLatestNeeded, cancellationToken)
                ? WatchResult.Normal
                : new WatchResult(WatchEnd.BackOffAndRelist, "the server is behind what is known", null);
        }
        catch (ApiException exception)
        {
            return new WatchResult(WatchEnd.BackOffAndRelist, exception.Message, exception.RetryAfter) { IsForbidden = exception.Status.Code == 403 };
        }
        catch (Exception exception) when (ApiFailure.IsOfConnection(exception) || exception is JsonException)
        {
            return new WatchResult(WatchEnd.BackOffAndRelist, exception.Message, null);
        }
    }
}

/// <summary>Says which objects cannot be decoded, once for each version.</summary>
internal sealed class ObjectDecoding<T>(WatchingMetrics metrics, ILogger logger)
    where T : KubernetesObject
{
    private readonly Dictionary<ObjectKey, string> _reported = [];

    public void Report(IReadOnlyList<DecodedObject<T>> list)
    {
        foreach (DecodedObject<T> item in list)
        {
            Report(item);
        }
    }

    public void Report(DecodedObject<T> item)
    {
        if (item.Problem is null)
        {
            _reported.Remove(item.Key);
            return;
        }
        if (_reported.GetValueOrDefault(item.Key) != item.ResourceVersion)
        {
            _reported[item.Key] = item.ResourceVersion;
            metrics.Undecodable(item.Key.Kind);
            WatchingLog.Undecodable(logger, item.Key, item.Problem);
        }
    }

    public void Forget(ObjectKey key) => _reported.Remove(key);
}
