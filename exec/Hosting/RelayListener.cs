using SshGateway.Exec.Connections;
using SshGateway.Hosting.Listening;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;

namespace SshGateway.Exec.Hosting;

/// <summary>Accepts the proxies' connections.</summary>
internal sealed class RelayListener(
    ListenerOptions options, EventLoops loops, ExecConnections connections, TimeProvider time, ILogger<RelayListener> logger) : ConnectionListener(options, loops, time, logger)
{
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        connections.Start();
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await connections.StopAsync("The exec relay is shutting down. Connect again.").ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override IAcceptedConnection Create(IPeerSocket socket) => new AcceptedProxy(socket, connections);

    private sealed class AcceptedProxy(IPeerSocket socket, ExecConnections connections) : IAcceptedConnection
    {
        public Task RunAsync() => connections.ServeAsync(socket);

        // Those that were served have been told already.
        public Task StopAsync()
        {
            socket.Abort();
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
