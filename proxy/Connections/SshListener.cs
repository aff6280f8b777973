using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SshGateway.Proxy.Sockets;
using SshGateway.Shared.Hosting;

namespace SshGateway.Proxy.Connections;

/// <summary>Accepts clients.</summary>
internal sealed class SshListener(ConnectionServices services) : BackgroundService
{
    private const int Backlog = 1024;

    // Out of file descriptors, most likely; the next attempt would fail as well.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private Socket? _socket;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // The options have been validated: it parses.
        _ = ListenAddress.TryParse(services.Options.Listen, out IPEndPoint? address);
        try
        {
            _socket = new Socket(address!.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                _socket.DualMode = true;
            }
            _socket.Bind(address);
            _socket.Listen(Backlog);
        }
        catch (SocketException problem)
        {
            throw new IOException($"Proxy:Listen is \"{services.Options.Listen}\", which cannot be listened on: {problem.Message}; write another address or port", problem);
        }
        ConnectionLog.Listening(services.Logger, _socket.LocalEndPoint);
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        _socket?.Dispose();
        await Task.WhenAll(_connections.Keys.Select(connection => connection.StopAsync())).ConfigureAwait(false);
        await Task.WhenAll(_connections.Values).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Dispose()
    {
        _socket?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Socket client = await _socket!.AcceptAsync(stoppingToken).ConfigureAwait(false);
                // Off the engine's thread, which accepts the next one.
                _ = Task.Run(() => Serve(client), CancellationToken.None);
            }
            catch (Exception stopped) when (stoppingToken.IsCancellationRequested && stopped is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
            catch (SocketException problem)
            {
                ConnectionLog.AcceptFailed(services.Logger, problem.Message);
                await Task.Delay(PauseAfterFailure, services.Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task Serve(Socket client)
    {
        AsyncSocket socket;
        try
        {
            socket = new AsyncSocket(client);
        }
        catch (SocketException)
        {
            // It left before we looked.
            client.Dispose();
            return;
        }
        var connection = new Connection(socket, services);
        await using ConfiguredAsyncDisposable disposal = connection.ConfigureAwait(false);
        Task run = connection.RunAsync();
        _connections[connection] = run;
        await run.ConfigureAwait(false);
        _connections.TryRemove(connection, out _);
    }
}
