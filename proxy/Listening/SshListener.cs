using SshGateway.Hosting.Listening;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;

namespace SshGateway.Proxy.Listening;

/// <summary>Accepts the proxy's clients.</summary>
internal sealed class SshListener(
    ListenerOptions options, EventLoops loops, AcceptedConnectionFactory factory, TimeProvider time, ILogger<SshListener> logger) : ConnectionListener(options, loops, time, logger)
{
    protected override IAcceptedConnection Create(IPeerSocket socket) => factory.Create(socket);
}
