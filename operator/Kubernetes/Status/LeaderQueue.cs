using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Kubernetes.Watching;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// The objects on which only the leader works. A replica that does not lead skips them, and works on all of them once
/// it leads: it does not know what its predecessor left undone.
/// </summary>
internal sealed class LeaderQueue : IDisposable
{
    // The server refuses this one object, as it does where a rule of the CRD has become stricter.
    private static readonly TimeSpan RefusedDelay = TimeSpan.FromMinutes(5);

    private readonly LeaseElection _lease;
    private readonly TimeProvider _time;
    private readonly Func<IEnumerable<ObjectKey>> _all;
    private readonly WorkQueue _queue;
    private int _hasSkipped;

    /// <param name="lease">Says whether this replica leads.</param>
    /// <param name="time">The clock.</param>
    /// <param name="all">All objects that may need work.</param>
    public LeaderQueue(LeaseElection lease, TimeProvider time, Func<IEnumerable<ObjectKey>> all)
    {
        (_lease, _time, _all, _queue) = (lease, time, all, new WorkQueue(time));
        _lease.Renewed += AddSkipped;
    }

    /// <inheritdoc cref="WorkQueue.Add"/>
    public void Add(ObjectKey key) => _queue.Add(key);

    /// <inheritdoc cref="WorkQueue.AddAfter"/>
    public void AddAfter(ObjectKey key, TimeSpan delay) => _queue.AddAfter(key, delay);

    /// <inheritdoc cref="WorkQueue.Forget"/>
    public void Forget(ObjectKey key) => _queue.Forget(key);

    /// <inheritdoc cref="WorkQueue.TakeAsync"/>
    public ValueTask<ObjectKey> TakeAsync(CancellationToken cancellationToken) => _queue.TakeAsync(cancellationToken);

    /// <inheritdoc cref="WorkQueue.Done"/>
    public void Done(ObjectKey key) => _queue.Done(key);

    /// <summary>Whether this replica leads. If not, all objects come again when it does.</summary>
    public bool MayWrite()
    {
        if (_lease.IsHeld)
        {
            return true;
        }
        Volatile.Write(ref _hasSkipped, 1);
        return false;
    }

    /// <summary>Works on one object at a time, until it is cancelled.</summary>
    /// <param name="work">Writes to the API server. May be called for an object without work.</param>
    /// <param name="onRefused">Told the object that the server refuses for itself, and why.</param>
    /// <param name="onFailed">Told the object at which a failure began that concerns all of them, and why.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(
        Func<ObjectKey, CancellationToken, Task> work, Action<ObjectKey, string> onRefused, Action<ObjectKey, string> onFailed, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_time, Random.Shared);
        string? lastProblem = null;
        while (true)
        {
            ObjectKey key = await TakeAsync(cancellationToken);
            try
            {
                if (MayWrite())
                {
                    await work(key, cancellationToken);
                    lastProblem = null;
                }
            }
            catch (ApiException exception) when (exception.Status.Code is 404 or 409 or 422)
            {
                // It is gone, was changed or replaced, or is refused for itself.
                onRefused(key, exception.Message);
                AddAfter(key, RefusedDelay);
            }
            catch (Exception exception) when (ApiFailure.IsAny(exception))
            {
                // What the server says of this one it would say of all.
                Add(key);
                if (lastProblem != exception.Message)
                {
                    lastProblem = exception.Message;
                    onFailed(key, exception.Message);
                }
                await Task.Delay(backoff.Next((exception as ApiException)?.RetryAfter), _time, cancellationToken);
            }
            finally
            {
                Done(key);
            }
        }
    }

    public void Dispose()
    {
        _lease.Renewed -= AddSkipped;
        _queue.Dispose();
    }

    private void AddSkipped()
    {
        if (Interlocked.Exchange(ref _hasSkipped, 0) == 1)
        {
            foreach (ObjectKey key in _all())
            {
                Add(key);
            }
        }
    }
}
