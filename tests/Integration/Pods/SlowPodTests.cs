using System.Text;
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

/// <summary>Pods whose sshd takes its time: LDAP, or an AuthorizedPrincipalsCommand that asks somebody else.</summary>
public sealed class SlowPodTests : IAsyncLifetime, IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource _served = new();
    private readonly TaskCompletionSource _reached = new();
    private readonly PodPeer _pod;
    private readonly GatewayRig _gateway;

    public SlowPodTests()
    {
        _gateway = new GatewayRig(new ProxyOptions(), new PodLoginLimits(), _time);
        _pod = new PodPeer(manners: async (self, socket, _) =>
        {
            _reached.SetResult();
            await _served.Task;
            await self.ServeAsync(socket);
        });
        _gateway.Table.Upsert(Sessions.Entry(endpoint: _pod.EndPoint, keys: [_gateway.Key.PublicKey]));
    }

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose()
    {
        _pod.Dispose();
        _gateway.Dispose();
    }

    [Fact]
    public async Task After_five_seconds_the_user_is_told_and_within_thirty_the_login_succeeds()
    {
        await using SshClientTransport client = await _gateway.StartLoginAsync();
        await _reached.Task.Limited();
        Task<InboundPacket> receiving = client.ReceiveAsync().AsTask();
        await Eventually.CompletedAsync(receiving, _time, TimeSpan.FromMilliseconds(100));
        InboundPacket banner = await receiving;
        Assert.Equal(MessageNumber.UserAuthBanner, banner.Number);
        Assert.Equal(
            "The pod of session abc12 has not completed the login yet. Waiting up to 30 seconds.\r\n",
            Encoding.UTF8.GetString(new SshReader(banner.Payload[1..]).ReadString()));
        // Ten seconds were the end of it once.
        _time.Advance(TimeSpan.FromSeconds(10));
        _served.SetResult();
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
    }

    [Fact]
    public async Task After_thirty_seconds_the_login_has_failed()
    {
        await using SshClientTransport client = await _gateway.StartLoginAsync();
        await _reached.Task.Limited();
        Task<(ConnectionEnd End, string UserName, string? Detail)> ended = _gateway.Ends.NextAsync();
        await Eventually.CompletedAsync(ended, _time, TimeSpan.FromSeconds(1));
        Assert.Equal(ConnectionEnd.PodHandshakeFailed, (await ended).End);
    }
}
