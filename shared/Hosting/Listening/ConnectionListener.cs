using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SshGateway.Hosting.Text;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;

namespace SshGateway.Hosting.Listening;

/// <summary>Accepts clients, and lets those that are there finish when the process is told to end.</summary>
internal abstract partial class ConnectionListener(
    ListenerOptions options, EventLoops loops, TimeProvider time, ILogger logger) : BackgroundService, IHostedLifecycleService
{
    private const int Backlog = 1024;

    // Out of file descriptors, most likely; the next attempt would fail as well.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    // Null: it has just been accepted.
    private readonly ConcurrentDictionary<AcceptedSocket, IAcceptedConnection?> _connections = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EpollListener? _listener;
    private volatile bool _isDraining;
    private volatile bool _isClosed;

    /// <summary>Why no more clients should be sent here; null: they may come.</summary>
    public string? NotReady => _isDraining ? $"the {options.Program} is ending: open sessions go on, new ones go to another {options.Program}" : null;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // The options have been validated: it parses.
        _ = ListenAddress.TryParse(options.Listen, out IPEndPoint? address);
        Socket? socket = null;
        try
        {
            socket = new Socket(address!.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }
            socket.Bind(address);
            _listener = loops.Listen(socket, Backlog, options.ClientTimeouts);
            Log.Listening(logger, socket.LocalEndPoint);
        }
        catch (SocketException problem)
        {
            socket?.Dispose();
            throw new IOException($"{options.Setting} is \"{options.Listen}\", which cannot be listened on: {problem.Message}; write another address or port", problem);
        }
        return base.StartAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// The process has been told to end, and everything else in it still runs: not ready at once, closed to new clients
    /// when balancers have had the time to see that, and then open connections have theirs.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        Log.Draining(logger, options.DrainDelay.TotalSeconds);
        await Task.Delay(options.DrainDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await CloseAsync().ConfigureAwait(false);
        Log.Closed(logger, new Quantity(_connections.Count, "connection"), options.DrainTimeout.TotalSeconds);
        await ((Task)_empty.Task).WaitAsync(options.DrainTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends what is still open.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await CloseAsync().ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        foreach ((AcceptedSocket socket, IAcceptedConnection? connection) in _connections)
        {
            if (connection is null)
            {
                socket.Dispose();
            }
        }
        await Task.WhenAll(_connections.Values.Select(connection => connection?.StopAsync() ?? Task.CompletedTask)).ConfigureAwait(false);
        await _empty.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Dispose()
    {
        _listener?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        bool isFailing = false;
        while (true)
        {
            try
            {
                if (await _listener!.AcceptAsync().ConfigureAwait(false) is not { } client)
                {
                    return;
                }
                isFailing = false;
                Serve(client);
            }
            catch (SocketException problem)
            {
                // Ten times a second until something ends; said once.
                if (!isFailing)
                {
                    isFailing = true;
                    Log.AcceptFailed(logger, problem.Message);
                }
                await Task.Delay(PauseAfterFailure, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Makes the connection of an accepted client.</summary>
    /// <param name="socket">The connection; owned by what is made.</param>
    protected abstract IAcceptedConnection Create(IPeerSocket socket);

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
            Log.AcceptFailed(logger, problem.Message);
        }
        _listener.Dispose();
        _isClosed = true;
        TellIfEmpty();
    }

    private void Serve(AcceptedSocket client)
    {
        _connections[client] = null;
        _ = ServeAsync(client);
    }

    private async Task ServeAsync(AcceptedSocket client)
    {
        try
        {
            IPeerSocket socket = loops.Adopt(client, options.ClientTimeouts);
            IAcceptedConnection connection = Create(socket);
            await using ConfiguredAsyncDisposable disposal = connection.ConfigureAwait(false);
            _connections[client] = connection;
            // Whoever accepts goes on with the next.
            await socket.Loop.YieldAsync(LoopPriority.Handshake);
            await connection.RunAsync().ConfigureAwait(false);
        }
        catch (PeerGoneException)
        {
            // The process ends.
        }
        finally
        {
            _connections.TryRemove(client, out _);
            TellIfEmpty();
        }
    }

    private void TellIfEmpty()
    {
        if (_isClosed && _connections.IsEmpty)
        {
            _empty.TrySetResult();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "SSH listening on {Address}")]
        public static partial void Listening(ILogger logger, EndPoint? address);

        [LoggerMessage(2, LogLevel.Warning, "Cannot accept a connection: {Problem}. Retrying")]
        public static partial void AcceptFailed(ILogger logger, string problem);

        [LoggerMessage(3, LogLevel.Information, "Shutting down: readiness is off; the listener closes in {Seconds} s")]
        public static partial void Draining(ILogger logger, double seconds);

        [LoggerMessage(4, LogLevel.Information, "The listener is closed; {Connections} may stay open for {Seconds} s")]
        public static partial void Closed(ILogger logger, Quantity connections, double seconds);
    }
}

/// <summary>One accepted connection. Disposing it closes its socket.</summary>
internal interface IAcceptedConnection : IAsyncDisposable
{
    /// <summary>Runs to the connection's end. Does not throw.</summary>
    Task RunAsync();

    /// <summary>Ends it because the process stops.</summary>
    Task StopAsync();
}

/// <param name="Program">What the program is called in sentences, such as <c>proxy</c>.</param>
/// <param name="Setting">The setting that <paramref name="Listen"/> comes from.</param>
/// <param name="ClientTimeouts">When a client is gone.</param>
/// <param name="DrainDelay">How long new clients are still accepted once the process is told to end and not
/// ready.</param>
/// <param name="DrainTimeout">How long open connections may go on after that.</param>
internal sealed record ListenerOptions(string Program, string Setting, string Listen, PeerTimeouts ClientTimeouts, TimeSpan DrainDelay, TimeSpan DrainTimeout);
