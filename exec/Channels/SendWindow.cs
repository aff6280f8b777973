namespace SshGateway.Exec.Channels;

/// <summary>
/// How much the client takes on a channel (RFC 4254 section 5.2). One task sends; the connection's reader adds.
/// </summary>
internal sealed class SendWindow(uint initial)
{
    private readonly Lock _lock = new();
    private uint _open = initial;
    private volatile bool _isClosed;
    private TaskCompletionSource? _waiter;

    /// <summary>Whether the client wants no more output.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Takes up to so much of it; 0: there is none.</summary>
    public int Take(int wanted)
    {
        lock (_lock)
        {
            int taken = (int)Math.Min((uint)wanted, _open);
            _open -= (uint)taken;
            return taken;
        }
    }

    /// <summary>The client takes more. False: more than RFC 4254 section 5.2 allows, 2^32 - 1 bytes.</summary>
    public bool TryAdd(uint count)
    {
        lock (_lock)
        {
            if (count > uint.MaxValue - _open)
            {
                return false;
            }
            _open += count;
            if (_open > 0)
            {
                Wake();
            }
            return true;
        }
    }

    /// <summary>The client wants no more output. It need not add to the window any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Wake();
        }
    }

    /// <summary>Waits until there is some, or it is closed.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_open > 0 || _isClosed)
            {
                return Task.CompletedTask;
            }
            _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiter.Task.WaitAsync(cancellation);
        }
    }

    // Under the lock: what waits goes on elsewhere.
    private void Wake()
    {
        _waiter?.TrySetResult();
        _waiter = null;
    }
}
