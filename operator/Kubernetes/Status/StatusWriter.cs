using System.Collections.Concurrent;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Events;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Kubernetes.Watching;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// Writes the sessions' status, behind the table and never before it, and only while this replica holds the lease. What
/// is written is computed from the latest state when its turn comes, so a session that changes often is written seldom.
/// </summary>
internal sealed class StatusWriter(ApiWriter api, LeaseElection lease, EventWriter events, TimeProvider time, Random random, ILogger logger) : IDisposable
{
    private const int WritesInFlight = 50;

    // A lease that was taken and an expiry that came tell nobody.
    private static readonly TimeSpan ReviewInterval = TimeSpan.FromSeconds(5);

    private readonly ChangeSignal _changed = new();
    private readonly SemaphoreSlim _slots = new(WritesInFlight);
    private readonly ConcurrentDictionary<ObjectKey, Backoff> _failing = [];
    private readonly ConcurrentDictionary<ObjectKey, bool> _busy = [];

    // The version of which a write came back, or which is refused as it is: until the watch brings another one, there is nothing to write.
    private readonly ConcurrentDictionary<ObjectKey, string?> _settled = [];
    private volatile IReadOnlyDictionary<ObjectKey, SessionState> _states = new Dictionary<ObjectKey, SessionState>();

    public void Observe(ClusterObjects objects, IReadOnlyList<RoutedSession> routes)
    {
        _states = SessionState.Of(objects, routes);
        _changed.Set();
    }

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await WaitAsync(cancellationToken);
                await ReviewAsync(cancellationToken);
            }
        }
        finally
        {
            // The writes in flight are cancelled as well; whoever has all the slots has seen the last of them.
            for (int i = 0; i < WritesInFlight; i++)
            {
                await _slots.WaitAsync(CancellationToken.None);
            }
        }
    }

    public void Dispose() => _slots.Dispose();

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var review = new CancellationTokenSource(ReviewInterval, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(review.Token, cancellationToken);
        await _changed.WaitAsync(either.Token).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task ReviewAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<ObjectKey, SessionState> states = _states;
        foreach (ObjectKey gone in _settled.Keys.Where(key => !states.ContainsKey(key)))
        {
            _settled.TryRemove(gone, out _);
        }
        foreach ((ObjectKey key, SessionState state) in states)
        {
            if (!lease.IsHeld)
            {
                return;
            }
            if (!IsDue(key, state, out _) || !_busy.TryAdd(key, true))
            {
                continue;
            }
            await _slots.WaitAsync(cancellationToken);
            _ = WriteAndReleaseAsync(key, cancellationToken);
        }
    }

    private bool IsDue(ObjectKey key, SessionState state, out SessionStatus status)
    {
        status = StatusComposer.Compose(state, time.GetUtcNow());
        return (!_settled.TryGetValue(key, out string? settled) || settled != state.Session.Metadata?.ResourceVersion)
            && !StatusPatch.IsCurrent(state.Session, status);
    }

    private async Task WriteAndReleaseAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        TimeSpan? delay = null;
        try
        {
            delay = await WriteAsync(key, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
        finally
        {
            _slots.Release();
        }
        if (delay is { } pause)
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _busy.TryRemove(key, out _);
        // What came meanwhile was passed over because the key was busy.
        _changed.Set();
    }

    /// <returns>How long to leave this session alone; null when it is done.</returns>
    private async Task<TimeSpan?> WriteAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_states.TryGetValue(key, out SessionState? state) || !IsDue(key, state, out SessionStatus status) || !lease.IsHeld)
        {
            return null;
        }
        string path = $"{ApiResources.Sessions.Collection(key.Namespace)}/{key.Name}/status";
        try
        {
            await api.PatchAsync(path, StatusPatch.Encode(state.Session, status), cancellationToken);
            StatusLog.Written(logger, key, status.Phase);
            events.Note(state.Session, status);
        }
        catch (ApiException exception) when (exception.Status.Code is 404 or 409)
        {
            // It is gone or has changed: the watch brings what it is now.
        }
        catch (ApiException exception) when (exception.Status.Code is 400 or 422)
        {
            StatusLog.Refused(logger, key, exception.Message);
        }
        catch (Exception exception) when (exception is ApiException or HttpRequestException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            TimeSpan delay = _failing.GetOrAdd(key, _ => new Backoff(time, random)).Next((exception as ApiException)?.RetryAfter);
            StatusLog.Failed(logger, key, exception.Message, delay.TotalSeconds);
            return delay;
        }
        _failing.TryRemove(key, out _);
        _settled[key] = state.Session.Metadata?.ResourceVersion;
        return null;
    }
}
