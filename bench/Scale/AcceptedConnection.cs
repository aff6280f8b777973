using System.Diagnostics;
using SshGateway.Feed;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Bench.Scale;

/// <summary>A session's state on its way into all tables.</summary>
internal sealed class AcceptedConnection(EndpointState state, int proxies)
{
    private readonly bool[] _has = new bool[proxies];
    private readonly TaskCompletionSource<long> _everywhere = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing = proxies;

    /// <summary>When the last table had it.</summary>
    public Task<long> Everywhere => _everywhere.Task;

    /// <summary>A table's entry has changed. Each table has one writer.</summary>
    public void Look(int proxy, SessionEntry entry)
    {
        if (entry.State == state && !_has[proxy])
        {
            _has[proxy] = true;
            if (Interlocked.Decrement(ref _missing) == 0)
            {
                _everywhere.TrySetResult(Stopwatch.GetTimestamp());
            }
        }
    }
}
