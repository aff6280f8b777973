using System.Net.Sockets;

namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>An event loop for each core.</summary>
/// <param name="busyPoll">How long each may look for events before it sleeps; zero: not at all.</param>
internal sealed class EventLoops(TimeSpan busyPoll)
{
    private readonly EventLoop[] _loops = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(number => new EventLoop(number, busyPoll))];
    private uint _next;

    /// <summary>Accepts what comes to a listening socket; owned.</summary>
    public EpollListener Listen(Socket listening) => new(listening, _loops[0]);

    /// <summary>Gives an accepted client to a loop. What is connected on its behalf comes to the same.</summary>
    /// <param name="client">The connection; owned.</param>
    /// <param name="timeouts">When its peer is gone.</param>
    /// <exception cref="SocketException">It has left already.</exception>
    public IPeerSocket Adopt(Socket client, PeerTimeouts timeouts) =>
        EpollSocket.Adopt(client, _loops[Interlocked.Increment(ref _next) % (uint)_loops.Length], timeouts);
}
