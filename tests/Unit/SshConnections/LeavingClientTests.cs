using System.Net;
using System.Net.Sockets;
using System.Text;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Passthrough;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.SshConnections;

/// <summary>
/// Clients that leave while their pod is dialled. No time passes here: what the gateway does not notice never ends.
/// </summary>
public sealed class LeavingClientTests : IAsyncLifetime, IDisposable
{
    private readonly GatewayRig _gateway = new(new ProxyOptions(), new PodLoginLimits(), new ManualTimeProvider());
    private readonly FullListener _full = new();

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose()
    {
        _gateway.Dispose();
        _full.Dispose();
    }

    [Theory]
    [InlineData("with a DISCONNECT")]
    [InlineData("with the end of its stream")]
    [InlineData("without a word")]
    public async Task The_dial_is_given_up_at_once(string how)
    {
        Move(_full.EndPoint);
        await using SshClientTransport client = await _gateway.StartLoginAsync();
        await _full.DialledAsync();
        switch (how)
        {
            case "with a DISCONNECT":
                await client.DisconnectAsync(DisconnectReason.ByApplication, "bye");
                break;
            case "with the end of its stream":
                client.Socket.ShutdownWrites();
                break;
            default:
                client.Abort();
                break;
        }

        Assert.Equal(ConnectionEnd.ClientLeftEarly, (await _gateway.Ends.NextAsync()).End);

        await _full.DialledAsync(expected: false);
        Assert.Empty(_gateway.OpenSessions.All);
    }

    [Fact]
    public async Task Nor_is_a_place_at_the_pod_waited_for()
    {
        using var pod = new PodPeer(manners: (_, _, _) => Task.CompletedTask);
        Move(pod.EndPoint);
        var shaking = new List<SshClientTransport>();
        for (int i = 0; i < new PodLoginLimits().HandshakesPerPod; i++)
        {
            shaking.Add(await _gateway.StartLoginAsync());
        }
        await Eventually.TrueAsync(() => pod.Connections == shaking.Count, "the places are not taken");
        await using SshClientTransport waiting = await _gateway.StartLoginAsync();
        await Eventually.TrueAsync(() => _gateway.OpenSessions.All.Sum(session => session.Usage.Connections) == shaking.Count + 1, "the client has not logged in");

        waiting.Abort();

        Assert.Equal(ConnectionEnd.ClientLeftEarly, (await _gateway.Ends.NextAsync()).End);
        pod.Dispose();
        foreach (SshClientTransport leg in shaking)
        {
            await leg.DisposeAsync();
        }
    }

    // sshd counts handshakes that come to nothing against the proxy's address, and with that against all users of the
    // pod.
    [Fact]
    public async Task A_handshake_with_the_pod_goes_on_to_its_end()
    {
        var left = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        using var pod = new PodPeer(manners: async (pod, socket, _) =>
        {
            await left.Task;
            await pod.ServeAsync(socket);
            ended.SetResult();
        });
        Move(pod.EndPoint);
        await using SshClientTransport client = await _gateway.StartLoginAsync();
        await Eventually.TrueAsync(() => pod.Connections == 1, "the pod is not dialled");

        client.Abort();
        left.SetResult();

        Assert.Equal(ConnectionEnd.ClientLeftEarly, (await _gateway.Ends.NextAsync()).End);
        Assert.Single(pod.Logins);
        await ended.Task.Limited();
        Assert.Empty(_gateway.OpenSessions.All);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("SSH-2.0-early\r\n", false)]
    [InlineData("SSH-2.0-early\r\n", true)]
    public async Task A_passthrough_is_given_up_as_well(string said, bool byReset)
    {
        Move(_full.EndPoint, passthrough: true);
        using ConnectClient client = await ConnectClient.AskAsync(_gateway.Address, "abc12:22");
        await _full.DialledAsync();
        await client.Socket.SendAsync(Encoding.ASCII.GetBytes(said)).Limited();
        client.Socket.LingerState = new LingerOption(byReset, 0);
        client.Dispose();

        Assert.Equal(ConnectionEnd.ClientLeftEarly, (await _gateway.Ends.NextAsync()).End);

        await _full.DialledAsync(expected: false);
        Assert.Empty(_gateway.OpenSessions.All);
    }

    [Fact]
    public async Task What_a_passthrough_client_says_meanwhile_arrives()
    {
        string said = new('x', 40_000);
        Move(_full.EndPoint, passthrough: true);
        using ConnectClient client = await ConnectClient.AskAsync(_gateway.Address, "abc12:22", behind: "first ");
        await _full.DialledAsync();
        await client.Socket.SendAsync(Encoding.ASCII.GetBytes(said)).Limited();

        using Socket pod = await _full.AcceptAsync();

        await client.AssertEstablishedAsync();
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("first " + said, Encoding.ASCII.GetString(await ConnectClient.ReadToEndAsync(pod)));
    }

    private void Move(IPEndPoint pod, bool passthrough = false) =>
        _gateway.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: pod, passthrough: passthrough, keys: [_gateway.Key.PublicKey]));
}
