using System.Net.Sockets;

namespace SshGateway.Proxy.Sockets.Epoll;

/// <summary>An event loop for each core.</summary>
internal sealed class EventLoops
{
    private readonly EventLoop[] _loops = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(number => new EventLoop(number))];
    private uint _next;

    /// <summary>Gives an accepted client to a loop. What is connected on its behalf comes to the same.</summary>
    /// <param name="client">The connection; owned.</param>
    /// <param name="peerTimeout">A peer that does not answer, or takes nothing that is sent to it, for this long is gone.</param>
    /// <exception cref="SocketException">It has left already.</exception>
    public IPeerSocket Adopt(Socket client, TimeSpan peerTimeout) =>
        EpollSocket.Adopt(client, _loops[Interlocked.Increment(ref _next) % (uint)_loops.Length], peerTimeout);
}
