using System.Net;
using System.Net.Sockets;
using SshGateway.Feed;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Passthrough;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Integration.Passthrough;

/// <summary>The real listener, and a pod that is plain TCP.</summary>
public abstract class PassthroughFixture : IAsyncLifetime, IDisposable
{
    private protected ManualTimeProvider Time { get; } = new();

    private protected PlainPod Pod { get; } = new();

    private protected GatewayRig Gateway { get; }

    protected PassthroughFixture()
    {
        Gateway = new GatewayRig(new ProxyOptions { PassthroughPerSource = 4, PassthroughPerPod = 3 }, new PodLoginLimits(), Time);
        Change();
    }

    public Task InitializeAsync() => Gateway.InitializeAsync();

    public Task DisposeAsync() => Gateway.DisposeAsync();

    public void Dispose()
    {
        Gateway.Dispose();
        Pod.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Task<(ConnectClient Client, Socket Pod)> OpenAsync() => OpenAsync(Gateway);

    private protected async Task<(ConnectClient Client, Socket Pod)> OpenAsync(GatewayRig gateway, string before = "")
    {
        ConnectClient client = await ConnectClient.AskAsync(gateway.Address, "abc12:22", before: before);
        await client.AssertEstablishedAsync();
        return (client, await Pod.AcceptedAsync());
    }

    private protected async Task AssertClosedAsync(ConnectClient client, Socket pod, ConnectionEnd end)
    {
        await AssertEndsAsync(client.Socket);
        await AssertEndsAsync(pod);
        Assert.Equal(end, (await NextAsync()).End);
        client.Dispose();
        pod.Dispose();
    }

    private protected static async Task AssertEndsAsync(Socket socket)
    {
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1]).Limited());
        }
        catch (SocketException)
        {
            // Ended hard; as good.
        }
    }

    private protected async Task<(ConnectionEnd End, string UserName)> NextAsync()
    {
        (ConnectionEnd end, string userName, _) = await Gateway.Ends.NextAsync();
        return (end, userName);
    }

    private protected void Change(
        Access access = Access.Enabled, EndpointState state = EndpointState.Ready, long expiresAt = 0, int maxConnections = 0, TimeSpan idleTimeout = default,
        bool passthrough = true, IPEndPoint? endpoint = null) =>
        Gateway.Table.Upsert(Sessions.Entry(
            GatewayRig.SessionId, state, access, endpoint ?? Pod.EndPoint, expiresAt: expiresAt, maxConnections: maxConnections, idleTimeout: idleTimeout,
            passthrough: passthrough, keys: [Gateway.Key.PublicKey]));
}
