using System.Text;
using SshGateway.Feed;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Integration.Pods;

/// <summary>
/// A pod that becomes unready, or is replaced, while a login is under way: one login waits for one minute.
/// </summary>
public sealed class FlappingPodTests : IAsyncLifetime, IDisposable
{
    private const string Id = "abc12";

    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource _dialled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GatewayRig _gateway;

    public FlappingPodTests() => _gateway = new GatewayRig(new ProxyOptions(), new PodLoginLimits { Attempts = 1 }, _time);

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task A_login_that_fails_at_a_pod_that_is_no_longer_ready_waits_for_the_pod()
    {
        using var restarting = new PodPeer(manners: async (_, socket, _) =>
        {
            _dialled.TrySetResult();
            await _goOn.Task;
            socket.Dispose();
        });
        Route(restarting);
        await using SshClientTransport client = await StartLoginAsync();
        await _dialled.Task.Limited();
        Route(restarting, EndpointState.NotReady);
        _goOn.SetResult();
        Assert.Contains("Waiting up to 1 minute for it", await ReadBannerAsync(client), StringComparison.Ordinal);

        Route(_gateway.Pod);

        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        client.Abort();
        await _gateway.Ends.NextAsync();
    }

    [Fact]
    public async Task All_waits_of_a_login_together_take_a_minute()
    {
        var left = new TaskCompletionSource();
        using var slow = new PodPeer(manners: async (pod, socket, _) =>
        {
            _dialled.TrySetResult();
            await _goOn.Task;
            await pod.ServeAsync(socket);
            left.SetResult();
        });
        Route(slow, EndpointState.NotReady);
        await using SshClientTransport client = await StartLoginAsync();
        await ReadBannerAsync(client);
        _time.Advance(TimeSpan.FromSeconds(40));
        Route(slow);
        await _dialled.Task.Limited();
        // The pod is replaced while it accepts the login, and the new one is not ready either.
        Route(slow, EndpointState.NotReady, "uid-2");
        _goOn.SetResult();
        await left.Task.Limited();
        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Contains("is not ready", await ReadBannerAsync(client), StringComparison.Ordinal);
        client.Abort();
        Assert.Equal(ConnectionEnd.PodNotReady, (await _gateway.Ends.NextAsync()).End);
    }

    private void Route(PodPeer pod, EndpointState state = EndpointState.Ready, string podUid = "uid-1") => _gateway.Table.Upsert(Sessions.Entry(
        Id, state, endpoint: pod.EndPoint, podUid: podUid, reason: state == EndpointState.Ready ? "" : "PodNotReady", keys: [_gateway.Key.PublicKey]));

    private async Task<SshClientTransport> StartLoginAsync()
    {
        SshClientTransport client = await _gateway.ConnectForAuthenticationAsync();
        await client.Output.SendAsync(AuthMessages.Signed(client, Id, _gateway.Key)).Limited();
        return client;
    }

    private static async Task<string> ReadBannerAsync(SshClientTransport client)
    {
        InboundPacket packet = await client.ReceiveAsync().Limited();
        Assert.Equal(MessageNumber.UserAuthBanner, packet.Number);
        return Encoding.UTF8.GetString(packet.Payload[5..]);
    }
}
