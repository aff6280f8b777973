using System.Collections.Concurrent;
using System.Security.Cryptography;
using SshGateway.Exec.Authentication;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Requests;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;

namespace SshGateway.Exec.Connections;

/// <summary>The connections of all proxies. A listener gives it the sockets that it accepts.</summary>
/// <param name="hostKeys">The relay's host keys, for connections that come from now on.</param>
/// <param name="userCAs">The gateway's user CAs, as they are now.</param>
internal sealed partial class ExecConnections(
    KexOffer offer, Func<HostKeySet> hostKeys, RekeyLimits rekeyLimits, ExecSessionTable table, Func<IReadOnlyList<SshPublicKey>> userCAs, ChannelTargets targets,
    ConnectionLimits limits, ConnectionMetrics metrics, TimeProvider time, ILoggerFactory loggers) : IDisposable
{
    private static readonly TimeSpan ReviewInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ExecConnection, byte> _connections = new();
    private readonly ILogger<ExecConnections> _logger = loggers.CreateLogger<ExecConnections>();
    private readonly ILogger<ExecConnection> _connectionLogger = loggers.CreateLogger<ExecConnection>();
    private readonly ILogger<ConnectionProtocol> _protocolLogger = loggers.CreateLogger<ConnectionProtocol>();
    private readonly ILogger<GatewayAuthentication> _authenticationLogger = loggers.CreateLogger<GatewayAuthentication>();
    private ITimer? _review;
    private int _count;

    /// <summary>Connections that are open.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Begins to look after the connections. Once.</summary>
    public void Start()
    {
        metrics.Observe(() => Count, () => _connections.Keys.Sum(connection => connection.ChannelCount));
        _review = time.CreateTimer(_ => Review(), null, ReviewInterval, ReviewInterval);
    }

    /// <summary>Serves a connection to its end. The socket is owned by this.</summary>
    public async Task ServeAsync(IPeerSocket socket)
    {
        if (Interlocked.Increment(ref _count) > limits.MaxConnections)
        {
            Interlocked.Decrement(ref _count);
            Log.Full(_logger, socket.RemoteEndPoint, limits.MaxConnections);
            metrics.Ended(ConnectionEnd.Full);
            // Before its identification: the proxy then tries again, maybe at another relay.
            socket.Dispose();
            return;
        }
        try
        {
            ExecConnection connection = Create(socket);
            // Whoever accepts goes on with the next.
            await socket.Loop.YieldAsync(LoopPriority.Handshake);
            await using (connection.ConfigureAwait(false))
            {
                _connections[connection] = 0;
                try
                {
                    metrics.Ended(await connection.RunAsync().ConfigureAwait(false));
                }
                finally
                {
                    _connections.TryRemove(connection, out _);
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>Ends every connection and says why.</summary>
    public Task StopAsync(string sentence) => Task.WhenAll(_connections.Keys.Select(connection => connection.StopAsync(sentence)));

    public void Dispose() => _review?.Dispose();

    private ExecConnection Create(IPeerSocket socket)
    {
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var leg = new SshServerTransport(socket, offer, hostKeys(), rekeyLimits, time);
        var authentication = new GatewayAuthentication(leg, id, table, userCAs, time, _authenticationLogger);
        return new ExecConnection(leg, id, authentication, targets, limits, time, _protocolLogger, _connectionLogger);
    }

    private void Review()
    {
        foreach (KeyValuePair<ExecConnection, byte> connection in _connections)
        {
            connection.Key.Review();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Refused a connection from {Proxy}: {Max} are open, the maximum (Exec:MaxConnections)")]
        public static partial void Full(ILogger logger, System.Net.IPEndPoint proxy, int max);
    }
}
