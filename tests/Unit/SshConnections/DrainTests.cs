using System.Net.Sockets;
using SshGateway.Feed;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.SshConnections;

/// <summary>What becomes of clients when the process is told to end, and of those that wait for a pod.</summary>
public sealed class DrainTests : IAsyncLifetime, IDisposable
{
    private static readonly byte[] Data = [MessageNumber.ChannelData, 0, 0, 0, 0, 0, 0, 0, 1, (byte)'x'];

    private readonly ManualTimeProvider _time = new();
    private readonly GatewayRig _gateway;

    public DrainTests() => _gateway = new GatewayRig(
        new ProxyOptions { DrainDelay = TimeSpan.FromSeconds(5), DrainTimeout = TimeSpan.FromMinutes(10) }, new PodLoginLimits(), _time);

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task Open_sessions_go_on_and_the_end_comes_with_the_last_of_them()
    {
        await using SshClientTransport early = await _gateway.LogInAsync();
        Assert.Null(_gateway.NotReady);
        Task drain = _gateway.DrainAsync();
        Assert.Contains("is ending", _gateway.NotReady, StringComparison.Ordinal);

        // Balancers need a moment to see that it is not ready.
        await using SshClientTransport late = await _gateway.LogInAsync();
        await using SshClientTransport waiting = await WaitingAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => _gateway.Ends.Lines.Any(line => line.Contains("The listener is closed; 3 connections may", StringComparison.Ordinal)), "it is not closed");
        await Assert.ThrowsAsync<SocketException>(() => _gateway.ConnectAsync());

        await AssertLivesAsync(early);
        await AssertLivesAsync(late);
        Change(EndpointState.Ready);
        Assert.Equal(MessageNumber.UserAuthSuccess, (await waiting.ReceiveAsync().Limited()).Number);
        foreach (SshClientTransport client in new[] { early, late, waiting })
        {
            Assert.False(drain.IsCompleted);
            client.Abort();
            await _gateway.Ends.NextAsync();
        }
        await drain.Limited();
    }

    [Fact]
    public async Task What_is_open_when_its_time_is_over_is_told_so()
    {
        await using SshClientTransport client = await _gateway.LogInAsync();
        Task drain = _gateway.DrainAsync();
        await Eventually.CompletedAsync(drain, _time, TimeSpan.FromMinutes(1));
        await AssertLivesAsync(client);

        Task stop = _gateway.StopAsync();
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.Equal("This gateway is shutting down. Connect again.", told.Description);
        client.Abort();
        await stop;
        Assert.Equal(ConnectionEnd.ProxyStopping, (await _gateway.Ends.NextAsync()).End);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_leaves_while_it_waits_for_its_pod_is_noticed_at_once(bool politely)
    {
        await using SshClientTransport client = await WaitingAsync();
        if (politely)
        {
            await client.DisconnectAsync(DisconnectReason.ByApplication, "bye");
        }
        client.Abort();
        // No time passes.
        Assert.Equal(ConnectionEnd.ClientLeftEarly, (await _gateway.Ends.NextAsync()).End);
        Assert.Empty(_gateway.OpenSessions.All);
    }

    [Fact]
    public async Task What_a_waiting_client_sends_is_neither_lost_nor_read_twice()
    {
        await using SshClientTransport client = await WaitingAsync();
        await client.Output.SendAsync(new byte[] { MessageNumber.Ping, 0, 0, 0, 1, 7 }).Limited();
        Assert.Equal([MessageNumber.Pong, 0, 0, 0, 1, 7], await NextOfAnyAsync(client));
        // A login that is under way is not begun again.
        await client.Output.SendAsync(AuthMessages.None(GatewayRig.SessionId)).Limited();
        await client.Output.SendAsync(new byte[] { MessageNumber.Ping, 0, 0, 0, 1, 8 }).Limited();
        Assert.Equal([MessageNumber.Pong, 0, 0, 0, 1, 8], await NextOfAnyAsync(client));

        Change(EndpointState.Ready);

        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        // The list of host keys.
        Assert.Equal(MessageNumber.GlobalRequest, (await client.ReceiveAsync().Limited()).Number);
        await AssertLivesAsync(client);
        await AssertLivesAsync(client);
    }

    [Fact]
    public async Task A_waiting_client_that_breaks_the_protocol_is_sent_away()
    {
        await using SshClientTransport client = await WaitingAsync();
        await client.Output.SendAsync(Data).Limited();
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.Contains("message 94 before authentication", told.Description, StringComparison.Ordinal);
        client.Abort();
        Assert.Equal(ConnectionEnd.ClientProtocolError, (await _gateway.Ends.NextAsync()).End);
    }

    private async Task<SshClientTransport> WaitingAsync()
    {
        Change(EndpointState.NotReady);
        SshClientTransport client = await _gateway.StartLoginAsync();
        Assert.Equal(MessageNumber.UserAuthBanner, (await client.ReceiveAsync().Limited()).Number);
        return client;
    }

    // PONG is the transport's own, and ReceiveAsync swallows it.
    private static async Task<byte[]> NextOfAnyAsync(SshClientTransport client)
    {
        InboundPacket packet;
        while (!client.Input.TryRead(out packet))
        {
            Assert.True(await client.Input.FillAsync().Limited());
        }
        return packet.Payload.ToArray();
    }

    private void Change(EndpointState state) =>
        _gateway.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, state, endpoint: _gateway.Pod.EndPoint, keys: [_gateway.Key.PublicKey]));

    private static async Task AssertLivesAsync(SshClientTransport client)
    {
        await client.Output.SendAsync(Data).Limited();
        Assert.Equal(Data, (await client.ReceiveAsync().Limited()).Payload.ToArray());
    }
}
