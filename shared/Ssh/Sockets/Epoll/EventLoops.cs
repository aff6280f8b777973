using System.Net.Sockets;

namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>An event loop for each core.</summary>
/// <param name="busyPoll">How long each may look for events before it sleeps; zero: not at all.</param>
/// <param name="windows">What may be under way on a connection.</param>
internal sealed class EventLoops(TimeSpan busyPoll, TcpWindows windows = default)
{
    private readonly EventLoop[] _loops = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(number => new EventLoop(number, busyPoll, windows.Connected))];
    private uint _next;

    /// <summary>How often a loop looked for events before it slept, and found one.</summary>
    public long RewardedPolls => _loops.Sum(loop => loop.RewardedPolls);

    /// <summary>How often a loop looked for events before it slept, and found none.</summary>
    public long UnrewardedPolls => _loops.Sum(loop => loop.UnrewardedPolls);

    /// <summary>Accepts what comes to a socket that is bound; owned.</summary>
    /// <param name="bound">The socket.</param>
    /// <param name="backlog">How many connections may wait to be accepted.</param>
    /// <param name="timeouts">When the peer of one is gone.</param>
    /// <exception cref="SocketException">It cannot listen.</exception>
    public EpollListener Listen(Socket bound, int backlog, PeerTimeouts timeouts)
    {
        SocketBuffers.Limit(bound.SafeHandle, windows.Accepted);
        TcpSettings.Apply(bound.SafeHandle, timeouts);
        bound.Listen(backlog);
        return new EpollListener(bound, _loops[0]);
    }

    /// <summary>Gives an accepted client to a loop. What is connected on its behalf comes to the same.</summary>
    /// <param name="client">The connection; owned.</param>
    /// <param name="timeouts">When its peer is gone, as its listener was told.</param>
    /// <exception cref="PeerGoneException">It has been disposed.</exception>
    public IPeerSocket Adopt(AcceptedSocket client, PeerTimeouts timeouts) =>
        EpollSocket.Adopt(client, _loops[Interlocked.Increment(ref _next) % (uint)_loops.Length], timeouts);
}
