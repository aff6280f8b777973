using System.Threading.Tasks.Sources;

namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>
/// One direction of a socket: whether an attempt may succeed. The event loop signals it, one reader or writer waits for
/// it, anybody aborts it. Whoever waits goes on within the loop's call; after an abort, on the thread pool.
/// </summary>
internal sealed class Readiness : IValueTaskSource<bool>
{
    private const int Unknown = 0;
    private const int Ready = 1;
    private const int Awaited = 2;
    private const int Aborted = 3;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;

    public bool IsAborted => Volatile.Read(ref _state) == Aborted;

    /// <summary>
    /// Completes with true when something was signalled since the last wait, which may be old news, so the caller tries
    /// again; with false when it was aborted.
    /// </summary>
    public ValueTask<bool> WaitAsync()
    {
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case Ready:
                    if (Interlocked.CompareExchange(ref _state, Unknown, Ready) == Ready)
                    {
                        return ValueTask.FromResult(true);
                    }
                    break;
                case Aborted:
                    return ValueTask.FromResult(false);
                default:
                    if (Interlocked.CompareExchange(ref _state, Awaited, Unknown) == Unknown)
                    {
                        return new ValueTask<bool>(this, _source.Version);
                    }
                    break;
            }
        }
    }

    /// <summary>By the event loop.</summary>
    public void Signal()
    {
        if (Interlocked.CompareExchange(ref _state, Ready, Unknown) == Awaited && Interlocked.CompareExchange(ref _state, Unknown, Awaited) == Awaited)
        {
            _source.SetResult(true);
        }
    }

    /// <returns>Whether somebody was waiting.</returns>
    public bool Abort()
    {
        bool wasAwaited = Interlocked.Exchange(ref _state, Aborted) == Awaited;
        if (wasAwaited)
        {
            _source.RunContinuationsAsynchronously = true;
            _source.SetResult(false);
        }
        return wasAwaited;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        bool result = _source.GetResult(token);
        // Not only before the next wait: until then it would keep what has waited, which for most sockets is their
        // connecting.
        _source.Reset();
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
