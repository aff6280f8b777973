using System.Net.Sockets;

namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>An event loop for each core.</summary>
/// <param name="busyPoll">How long each may look for events before it sleeps; zero: not at all.</param>
/// <param name="windows">What may be under way on a connection.</param>
internal sealed class EventLoops(TimeSpan busyPoll, TcpWindows windows = default)
{
    private readonly EventLoop[] _loops = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(number => new EventLoop(number, busyPoll, windows.Connected))];
    private uint _next;

    /// <summary>Accepts what comes to a socket that is bound; owned.</summary>
    /// <exception cref="SocketException">It cannot listen.</exception>
    public EpollListener Listen(Socket bound, int backlog)
    {
        SocketBuffers.Limit(bound, windows.Accepted);
        bound.Listen(backlog);
        return new EpollListener(bound, _loops[0]);
    }

    /// <summary>Gives an accepted client to a loop. What is connected on its behalf comes to the same.</summary>
    /// <param name="client">The connection; owned.</param>
    /// <param name="timeouts">When its peer is gone.</param>
    /// <exception cref="PeerGoneException">It has left already.</exception>
    public IPeerSocket Adopt(Socket client, PeerTimeouts timeouts) =>
        EpollSocket.Adopt(client, _loops[Interlocked.Increment(ref _next) % (uint)_loops.Length], timeouts);
}

/// <summary>
/// Whether an event loop looks for events a little longer before it sleeps. To wake a thread of a core that sleeps
/// takes tens of microseconds, on a virtual machine more than all that is done for a keystroke; where the next event is
/// never far, as in a dialogue of short messages, that is most of what a relay adds. So it is tried for as long as
/// events do come, and where they do not, more and more seldom.
/// </summary>
/// <param name="limit">How long at a time; zero: not at all.</param>
internal sealed class BusyPoll(TimeSpan limit)
{
    private const int MaxPause = 256;

    private int _pause;
    private int _left;

    /// <summary>How long at a time.</summary>
    public TimeSpan Limit => limit;

    /// <summary>Whether it is time for another attempt. To be asked once before each sleep.</summary>
    public bool IsDue() => limit > TimeSpan.Zero && --_left < 0;

    /// <summary>Whether an event came in time.</summary>
    public void Ended(bool rewarded)
    {
        _pause = rewarded ? 0 : Math.Clamp(2 * _pause, 1, MaxPause);
        _left = _pause;
    }
}
