using System.Net.Sockets;
using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Relay;

/// <summary>
/// A key exchange that does not go on, on either leg and begun by either side, while there is traffic.
/// </summary>
public sealed class StalledExchangeTests
{
    private const long BytesUnderKeys = 1000;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);
    private static readonly byte[] Message = [94, .. new byte[16 * 1024]];

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task It_ends_the_connection_after_two_minutes_and_the_end_says_on_which_leg(bool onClientLeg, bool byPeer)
    {
        await using BridgeRig rig = await BridgeRig.StartAsync(byPeer ? null : new RekeyLimits(BytesUnderKeys), time: _time);
        SshTransport silent = onClientLeg ? rig.ClientPeer : rig.PodPeer;
        SshTransport other = onClientLeg ? rig.PodPeer : rig.ClientPeer;
        await (byPeer ? SendControlAsync(silent, KexInitMessage.Write(LegPair.Everything, [])) : silent.Output.SendAsync(Message).AsTask()).Limited();
        await Eventually.TrueAsync(() => (onClientLeg ? (SshTransport)rig.SshServerTransport : rig.SshClientTransport).Output.IsHeldForKeyExchange, "no key exchange has begun");
        Task flood = FloodAsync(other);
        if (!byPeer)
        {
            // It has not begun an exchange of its own, so it may go on to send (RFC 4253 section 7.1).
            await silent.Output.SendAsync(Message).Limited();
            for (int i = 0; i < 2; i++)
            {
                Assert.Equal(Message, (await other.ReceiveAsync().Limited()).Payload.ToArray());
            }
        }
        await Eventually.TrueAsync(() => TcpTable.StuckTo(other.Socket.RemoteEndPoint) == 1, "the flood is not held up");
        // What its destination does not take is not read either.
        Assert.InRange((onClientLeg ? (SshTransport)rig.SshClientTransport : rig.SshServerTransport).Input.TotalBytes, 0, 1024 * 1024);
        _time.Advance(Timeout - TimeSpan.FromSeconds(1));
        Assert.False(rig.Running.IsCompleted);

        await Eventually.CompletedAsync(rig.Running, _time, TimeSpan.FromSeconds(1));

        Assert.Equal(new ConnectionOutcome(onClientLeg ? ConnectionEnd.ClientKeyExchangeTimeout : ConnectionEnd.PodKeyExchangeTimeout, null), await rig.Running);
        other.Abort();
        await flood.Limited();
    }

    // The pod's half of the exchange is behind what the client does not take.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_waits_for_a_client_to_read_is_given_more_time_but_not_for_ever(bool readsAgain)
    {
        const int Messages = 4000;
        await using BridgeRig rig = await BridgeRig.StartAsync(time: _time, podLimits: new RekeyLimits(1024 * 1024));
        Task sending = SendAsync(rig.PodPeer, Messages);
        Task podReading = LegPair.ReadToEndAsync(rig.PodPeer);
        await Eventually.TrueAsync(() => TcpTable.StuckFrom(rig.ClientPeer.Socket.RemoteEndPoint) == 1 && rig.SshClientTransport.ReaderIsHeldUp, "the pod is not held up");
        // What goes to the pod uses its leg's keys up, if they are not yet.
        await Eventually.TrueAsync(
            async () =>
            {
                await rig.ClientPeer.Output.SendAsync(Message).Limited();
                return rig.SshClientTransport.Output.IsHeldForKeyExchange;
            },
            "no key exchange has begun");
        _time.Advance(5 * Timeout);
        Assert.False(rig.SshClientTransport.KeyExchangeTimedOut);

        if (readsAgain)
        {
            for (int i = 0; i < Messages; i++)
            {
                Assert.Equal(Message.Length, (await rig.ClientPeer.ReceiveAsync().Limited()).Payload.Length);
            }
            await sending.Limited();
            await rig.ClientPeer.DisconnectAsync(DisconnectReason.ByApplication, "bye");
            rig.ClientPeer.Abort();
            await Eventually.CompletedAsync(rig.Running, _time, TimeSpan.FromSeconds(1));
            Assert.Equal(ConnectionEnd.ClientClosed, (await rig.Running).End);
        }
        else
        {
            _time.Advance(Timeout);
            Assert.True(rig.SshClientTransport.KeyExchangeTimedOut);
            // What the kernel does when a client has taken nothing for Proxy:PeerTimeout.
            rig.SshServerTransport.Abort();
            await Eventually.CompletedAsync(rig.Running, _time, TimeSpan.FromSeconds(1));
            Assert.Equal(new ConnectionOutcome(ConnectionEnd.PodKeyExchangeTimeout, null), await rig.Running);
            rig.PodPeer.Abort();
            await Assert.ThrowsAnyAsync<PeerGoneException>(() => sending.Limited());
        }
        rig.PodPeer.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => podReading.Limited());
    }

    private static async Task SendAsync(SshTransport leg, int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            await leg.Output.SendAsync(Message);
        }
    }

    private static async Task FloodAsync(SshTransport leg)
    {
        try
        {
            await SendAsync(leg, int.MaxValue);
        }
        catch (PeerGoneException)
        {
        }
    }

    private static async Task SendControlAsync(SshTransport leg, byte[] payload) => await leg.Output.SendControlAsync(payload);
}
