using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Hosting;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Listening;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Passthrough;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Support.SshConnections;

/// <summary>
/// The proxy without its feed: a real listener, real connections, a table that the test fills, and a pod that echoes.
/// </summary>
public sealed class GatewayRig : IAsyncLifetime, IDisposable
{
    internal const string SessionId = "abc12";

    // Their threads never end.
    private static readonly EventLoops Loops = new(TimeSpan.FromMicroseconds(100));

    private readonly ServiceProvider _services;
    private readonly SshListener _listener;
    private readonly PodPeer _pod = new();
    private IPEndPoint? _address;

    public GatewayRig() : this(new ProxyOptions(), new PodLoginLimits())
    {
    }

    internal GatewayRig(ProxyOptions options, PodLoginLimits podLoginLimits, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        options.Listen = "127.0.0.1:0";
        // All tests come from there, and many of them fail to log in.
        options.PenaltyExempt.Add("127.0.0.0/8");
        HostKeys = new HostKeySet([Ed25519PrivateKey.Generate(), PrivateKeys.Generate(SshKeyTypes.EcdsaP256)]);
        var authority = new UserCertificateAuthority(Ed25519PrivateKey.Generate(), time);
        var services = new ServiceCollection();
        ProxyHost.AddServices(services, options);
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton<ILogger<ConnectionReport>>(Ends);
        services.AddSingleton<ILogger<SshListener>>(Ends);
        services.AddSingleton<ILogger<ClientAuthentication>>(AuthenticationLog);
        services.AddSingleton<ILogger<PodConnector>>(PodLog);
        services.AddSingleton(time);
        services.AddSingleton(Loops);
        services.AddSingleton(Table);
        services.AddSingleton(RevokedKeys);
        services.AddSingleton(PodHostKeys);
        services.AddSingleton(podLoginLimits with { WaitForPod = options.WaitForPod });
        services.AddSingleton<Func<HostKeySet>>(() => HostKeys);
        services.AddSingleton<Func<IPodCredentials>>(() => authority);
        _services = services.BuildServiceProvider();
        OpenSessions = _services.GetRequiredService<OpenSessions>();
        _listener = _services.GetRequiredService<SshListener>();
        Table.Upsert(Sessions.Entry(SessionId, endpoint: _pod.EndPoint, keys: [Key.PublicKey]));
    }

    internal SessionTable Table { get; } = new();

    internal RevokedKeys RevokedKeys { get; } = new();

    internal PodHostKeys PodHostKeys { get; } = new(TimeProvider.System);

    internal OpenSessions OpenSessions { get; }

    internal RefusedLogins RefusedLogins => _services.GetRequiredService<RefusedLogins>();

    internal WaitingLogins WaitingLogins => _services.GetRequiredService<WaitingLogins>();

    internal ConnectionEnds Ends { get; } = new();

    internal LogRecorder<ClientAuthentication> AuthenticationLog { get; } = new();

    internal LogRecorder<PodConnector> PodLog { get; } = new();

    /// <summary>Of the connections that come from now on.</summary>
    internal HostKeySet HostKeys { get; set; }

    internal PodPeer Pod => _pod;

    /// <summary>The key that the session authorises.</summary>
    internal SshPrivateKey Key { get; } = Ed25519PrivateKey.Generate();

    internal IPEndPoint Address => _address!;

    /// <summary>Connections that have not ended.</summary>
    internal int Connections => _services.GetRequiredService<ClientLimits>().All.Count;

    public async Task InitializeAsync()
    {
        await Audit.StartAsync(CancellationToken.None);
        await _listener.StartAsync(CancellationToken.None);
        _address = await Ends.AddressAsync();
    }

    public Task DisposeAsync() => StopAsync();

    public void Dispose()
    {
        _services.Dispose();
        _pod.Dispose();
    }

    internal async Task StopAsync()
    {
        await _listener.StopAsync(CancellationToken.None).Limited();
        await Refusals.StopAsync(CancellationToken.None).Limited();
        await Audit.StopAsync(CancellationToken.None).Limited();
    }

    /// <summary>As the host does it when the process is told to end.</summary>
    internal Task DrainAsync() => _listener.StoppingAsync(CancellationToken.None);

    internal PipePool Pipes => _services.GetRequiredService<PipePool>();

    private AuditLog Audit => _services.GetRequiredService<AuditLog>();

    internal RepeatedRefusals Refusals => _services.GetRequiredService<RepeatedRefusals>();

    /// <summary>
    /// The next end, also of a connection that was refused like one before it: those are reported together.
    /// </summary>
    internal async Task<(ConnectionEnd End, string UserName, string? Detail)> NextEndAsync()
    {
        Task<(ConnectionEnd End, string UserName, string? Detail)> next = Ends.NextAsync();
        while (await Task.WhenAny(next, Task.Delay(20)) != next)
        {
            Refusals.Report();
        }
        return await next;
    }

    internal string? NotReady => _listener.NotReady;

    /// <summary>A client after its key exchange, with its service request sent.</summary>
    /// <param name="before">What comes before it on the connection.</param>
    internal async Task<SshClientTransport> ConnectAsync(byte[]? before = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Address).Limited();
        if (before is not null)
        {
            await socket.SendAsync(before).Limited();
        }
        var client = new SshClientTransport(new AsyncSocket(socket), LegPair.Everything, _ => true, new RekeyLimits(null), TimeProvider.System);
        await client.HandshakeAsync().Limited();
        return client;
    }

    /// <summary>A client whose service request has been accepted.</summary>
    internal async Task<SshClientTransport> ConnectForAuthenticationAsync(byte[]? before = null)
    {
        SshClientTransport client = await ConnectAsync(before);
        Assert.Equal(MessageNumber.ServiceAccept, (await client.ReceiveAsync().Limited()).Number);
        return client;
    }

    /// <summary>A client that has sent its signed request.</summary>
    internal async Task<SshClientTransport> StartLoginAsync(byte[]? before = null)
    {
        SshClientTransport client = await ConnectForAuthenticationAsync(before);
        await client.Output.SendAsync(AuthMessages.Signed(client, SessionId, Key)).Limited();
        return client;
    }

    /// <summary>A client that has been let in.</summary>
    internal async Task<SshClientTransport> LogInAsync(byte[]? before = null)
    {
        SshClientTransport client = await StartLoginAsync(before);
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        Assert.Equal(HostKeyRotation.Announce(HostKeys), (await client.ReceiveAsync().Limited()).Payload.ToArray());
        return client;
    }

    /// <summary>Whatever was done to it: the gateway still lets a good client in, to its pod.</summary>
    internal async Task AssertServesAsync()
    {
        await using SshClientTransport client = await LogInAsync();
        await client.Output.SendAsync(new byte[] { 94, 1, 2 }).Limited();
        Assert.Equal([94, 1, 2], (await client.ReceiveAsync().Limited()).Payload.ToArray());
        await client.DisconnectAsync(DisconnectReason.ByApplication, "bye");
        client.Abort();
        Assert.Equal(ConnectionEnd.ClientClosed, (await Ends.NextAsync()).End);
    }
}
