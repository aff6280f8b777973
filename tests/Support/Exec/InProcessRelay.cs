using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SshGateway.Exec.ApiServer;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Connections;
using SshGateway.Exec.Requests;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Ssh.Transport;
using SshGateway.Tests.Support.ExecApi;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Support.Exec;

/// <summary>
/// The exec relay without its feed and its host: a real listener and real connections, a table that the test fills, and
/// the API server that stands in for one with a kubelet. "Containers" are processes of this machine. Clients log in
/// with the certificates that the proxies make; here ssh-keygen makes them.
/// </summary>
#pragma warning disable CA1001 // xunit calls DisposeAsync.
public sealed class InProcessRelay : IAsyncLifetime
#pragma warning restore CA1001
{
    internal const string SessionId = "abc12";
    internal const string Container = "agent";

    private static readonly PeerTimeouts Timeouts = new(TimeSpan.FromMinutes(10));

    // Their threads never end.
    private static readonly EventLoops Loops = new(TimeSpan.Zero);

    private readonly ConnectionLimits _limits;
    private readonly List<Task> _served = [];
    private StandInApiServer? _api;
    private PodClient? _pods;
    private ExecConnections? _connections;
    private EpollListener? _listener;
    private KeyPair? _hostKey;
    private KeyPair? _ca;
    private Task? _accepting;

    public InProcessRelay() : this(new ConnectionLimits(TimeSpan.FromSeconds(60), 100, new ChannelLimits(100)))
    {
    }

    internal InProcessRelay(ConnectionLimits limits) => _limits = limits;

    internal StandInApiServer Api => _api!;

    internal ExecSessionTable Table { get; } = new();

    internal ExecConnections Connections => _connections!;

    internal RelayLog Log { get; } = new();

    internal IPEndPoint Address { get; private set; } = new(IPAddress.None, 0);

    internal static ExecSession Session { get; } = new(SessionId, "agents", "pod-1", "uid-1", Container) { PodAddress = IPAddress.Parse("10.1.2.3"), AcceptEnv = ["GIT_*"] };

    /// <summary>Stock ssh with a certificate for the session that permits everything.</summary>
    internal SshClient Client { get; private set; } = null!;

    internal KeyPair Identity { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        string keys = ScratchDirectory.New("relay-keys");
        _hostKey = await KeyPair.GenerateAsync(keys, "host");
        _ca = await KeyPair.GenerateAsync(keys, "ca");
        _api = await StandInApiServer.StartAsync();
        _api.AddPod("agents", "pod-1", "uid-1", Container);
        Table.Upsert(Session);
        _pods = new PodClient(_api.Access, TimeProvider.System);
        using var factory = new RelayLoggers(Log);
        var metrics = new RequestMetrics();
        var runner = new ProcessRunner(_pods, metrics, logsCommands: false, TimeProvider.System, factory.CreateLogger<ProcessRunner>());
        var targets = new ChannelTargets(Table, _pods, runner, metrics, TimeProvider.System, factory.CreateLogger<ForwardedPort>());
        var hostKeys = new HostKeySet([OpenSshKeyFile.Parse(File.ReadAllBytes(_hostKey.PrivateFile))]);
        SshPublicKey ca = SshPublicKey.ParseLine(_ca.PublicLine);
        var offer = new KexOffer(KeyExchangeAlgorithm.All, [], CipherAlgorithm.All, MacAlgorithm.All);
        _connections = new ExecConnections(
            offer, () => hostKeys, new RekeyLimits(null), Table, () => [ca], targets, _limits, new ConnectionMetrics(), TimeProvider.System, factory);
        _connections.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Address = (IPEndPoint)socket.LocalEndPoint!;
        _listener = Loops.Listen(socket, 128, Timeouts);
        _accepting = AcceptAsync(_listener);
        Identity = await CertifyAsync("user", SessionId);
        Client = CreateClient(Identity);
    }

    public async Task DisposeAsync()
    {
        _listener!.Stop();
        await _accepting!.Limited();
        _listener.Dispose();
        await Connections.StopAsync("The test is over.").Limited();
        await Task.WhenAll(_served).Limited();
        Connections.Dispose();
        _pods!.Dispose();
        await _api!.DisposeAsync();
    }

    /// <summary>A key that the gateway's user CA has certified.</summary>
    /// <param name="arguments">More for ssh-keygen.</param>
    internal async Task<KeyPair> CertifyAsync(string name, string principal, params string[] arguments)
    {
        KeyPair key = await KeyPair.GenerateAsync(ScratchDirectory.New("relay-user"), name);
        return await key.CertifyAsync(_ca!, ["-n", principal, .. arguments]);
    }

    internal SshClient CreateClient(KeyPair identity) => SshClient.Create(Address, identity, [_hostKey!]);

    private async Task AcceptAsync(EpollListener listener)
    {
        while (await listener.AcceptAsync() is { } client)
        {
            _served.Add(Connections.ServeAsync(Loops.Adopt(client, Timeouts)));
        }
    }

    private sealed class RelayLoggers(RelayLog log) : ILoggerFactory
    {
        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose()
        {
        }
    }
}
