using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>
/// Our own two legs facing each other over a real connection: the pod leg as the client, the client leg as the server.
/// </summary>
internal sealed class LegPair : IAsyncDisposable
{
    private readonly LoopbackPair _sockets;

    private LegPair(LoopbackPair sockets, SshClientTransport client, SshServerTransport server)
    {
        _sockets = sockets;
        Client = client;
        Server = server;
    }

    public static IReadOnlyList<string> AllHostKeyAlgorithms { get; } = [.. SignatureAlgorithm.All.Select(algorithm => algorithm.Name)];

    public static KexOffer Everything { get; } = new(KeyExchangeAlgorithm.All, AllHostKeyAlgorithms, CipherAlgorithm.All, MacAlgorithm.All);

    public SshClientTransport Client { get; }

    public SshServerTransport Server { get; }

    public static async Task<LegPair> ConnectAsync(
        KexOffer? clientOffer = null, SshPrivateKey? hostKey = null, RekeyLimits? limits = null, Func<PresentedKey, bool>? acceptHostKey = null, TimeProvider? time = null,
        TimeProvider? serverTime = null)
    {
        var hostKeys = new HostKeySet([hostKey ?? Ed25519PrivateKey.Generate()]);
        LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        RekeyLimits unlimited = new(Bytes: null);
        var client = new SshClientTransport(
            new AsyncSocket(sockets.Connecting), clientOffer ?? Everything, acceptHostKey ?? (_ => true), limits ?? unlimited, time ?? TimeProvider.System);
        var server = new SshServerTransport(
            new AsyncSocket(sockets.Accepting), Everything with { HostKeyAlgorithms = hostKeys.Algorithms }, hostKeys, limits ?? unlimited, serverTime ?? time ?? TimeProvider.System);
        return new LegPair(sockets, client, server);
    }

    /// <summary>Both handshakes, up to the client's service request.</summary>
    public async Task HandshakeAsync()
    {
        await Task.WhenAll(Client.HandshakeAsync(), Server.HandshakeAsync()).Limited();
        await Server.ReceiveAsync().Limited();
    }

    /// <summary>Reads and drops until the leg ends, which throws.</summary>
    public static async Task ReadToEndAsync(SshTransport leg)
    {
        while (true)
        {
            await leg.ReceiveAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        _sockets.Dispose();
    }
}
