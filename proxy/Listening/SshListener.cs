using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using SshGateway.Hosting;
using SshGateway.Proxy.Accounting;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;

namespace SshGateway.Proxy.Listening;

/// <summary>Accepts clients, and lets those that are there finish when the process is told to end.</summary>
internal sealed class SshListener(ConnectionServices services) : BackgroundService, IHostedLifecycleService
{
    private const int Backlog = 1024;

    // Out of file descriptors, most likely; the next attempt would fail as well.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    // Null: it has just been accepted.
    private readonly ConcurrentDictionary<Socket, AcceptedConnection?> _arrivals = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EpollListener? _listener;
    private volatile bool _isDraining;
    private volatile bool _isClosed;

    /// <summary>Why no more clients should be sent here; null: they may come.</summary>
    public string? NotReady => _isDraining ? "the proxy is ending: open sessions go on, new ones go to another proxy" : null;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // The options have been validated: it parses.
        _ = ListenAddress.TryParse(services.Options.Listen, out IPEndPoint? address);
        Socket? socket = null;
        try
        {
            socket = new Socket(address!.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }
            socket.Bind(address);
            socket.Listen(Backlog);
            ConnectionLog.Listening(services.Logger, socket.LocalEndPoint);
            _listener = services.EventLoops.Listen(socket);
        }
        catch (SocketException problem)
        {
            socket?.Dispose();
            throw new IOException($"Proxy:Listen is \"{services.Options.Listen}\", which cannot be listened on: {problem.Message}; write another address or port", problem);
        }
        return base.StartAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// The process has been told to end, and everything else in it still runs: not ready at once, closed to new clients when balancers have had the time to see
    /// that, and then open connections have theirs.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        ConnectionLog.Draining(services.Logger, services.Options.DrainDelay.TotalSeconds);
        await Task.Delay(services.Options.DrainDelay, services.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await CloseAsync().ConfigureAwait(false);
        ConnectionLog.Closed(services.Logger, _arrivals.Count, services.Options.DrainTimeout.TotalSeconds);
        await ((Task)_empty.Task).WaitAsync(services.Options.DrainTimeout, services.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends what is still open.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await CloseAsync().ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        foreach ((Socket socket, AcceptedConnection? arrival) in _arrivals)
        {
            if (arrival is null)
            {
                socket.Dispose();
            }
        }
        await Task.WhenAll(_arrivals.Values.Select(arrival => arrival?.StopAsync() ?? Task.CompletedTask)).ConfigureAwait(false);
        await _empty.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Dispose()
    {
        _listener?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                Serve(await _listener!.AcceptAsync().ConfigureAwait(false));
            }
            catch (ObjectDisposedException)
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

    // The kernel resets connections that it has accepted and we have not: they are taken first.
    private async Task CloseAsync()
    {
        if (_isClosed || _listener is null)
        {
            return;
        }
        _listener.Stop();
        await (ExecuteTask ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            while (_listener.TryAccept() is { } client)
            {
                Serve(client);
            }
        }
        catch (SocketException problem)
        {
            ConnectionLog.AcceptFailed(services.Logger, problem.Message);
        }
        _listener.Dispose();
        _isClosed = true;
        TellIfEmpty();
    }

    private void Serve(Socket client)
    {
        _arrivals[client] = null;
        _ = ServeAsync(client);
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            IPeerSocket socket = services.EventLoops.Adopt(client, new PeerTimeouts(services.Options.PeerTimeout, services.Options.UnreachableClientTimeout));
            using var arrival = new AcceptedConnection(socket, services);
            _arrivals[client] = arrival;
            // Whoever accepts goes on with the next.
            await socket.YieldAsync(LoopPriority.Handshake);
            await arrival.RunAsync().ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It left before we looked.
        }
        finally
        {
            _arrivals.TryRemove(client, out _);
            TellIfEmpty();
        }
    }

    private void TellIfEmpty()
    {
        if (_isClosed && _arrivals.IsEmpty)
        {
            _empty.TrySetResult();
        }
    }
}
