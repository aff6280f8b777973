using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Relay;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Relay;

/// <summary>However a bridge ends, both peers are told, and what was sent before arrives.</summary>
public sealed class BridgeEndTests
{
    [Fact]
    public async Task A_DISCONNECT_is_consumed_and_said_again_on_the_other_leg()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        await rig.PodPeer.Output.SendAsync(new byte[] { 94, 7 }).Limited();
        await rig.PodPeer.DisconnectAsync(DisconnectReason.TooManyConnections, "Timeout,\r\n\u001b[1myour session\u202e not responding.");
        Assert.Equal([94, 7], (await rig.ClientPeer.ReceiveAsync().Limited()).Payload.ToArray());
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => rig.ClientPeer.ReceiveAsync().Limited());
        Assert.Equal((uint)DisconnectReason.TooManyConnections, told.Reason);
        // Marked as the pod's, and without what a terminal obeys.
        Assert.Equal("The pod of session abc12 says: Timeout,   [1myour session  not responding.", told.Description);
        rig.ClientPeer.Abort();
        Assert.Equal(ConnectionEnd.PodClosed, (await rig.Running.Limited()).End);
    }

    [Fact]
    public async Task When_the_pod_closes_the_client_reads_everything_and_then_a_sentence()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        await rig.PodPeer.Output.SendAsync(new byte[] { 94, 1, 2, 3 }).Limited();
        rig.PodPeer.Socket.ShutdownWrites();
        Assert.Equal([94, 1, 2, 3], (await rig.ClientPeer.ReceiveAsync().Limited()).Payload.ToArray());
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => rig.ClientPeer.ReceiveAsync().Limited());
        Assert.Contains("abc12", told.Description, StringComparison.Ordinal);
        rig.ClientPeer.Abort();
        Assert.Equal(ConnectionEnd.PodClosed, (await rig.Running.Limited()).End);
    }

    [Fact]
    public async Task When_the_client_closes_the_pod_reads_everything_and_then_a_sentence()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        await rig.ClientPeer.Output.SendAsync(new byte[] { 94, 1, 2, 3 }).Limited();
        rig.ClientPeer.Socket.ShutdownWrites();
        Assert.Equal([94, 1, 2, 3], (await rig.PodPeer.ReceiveAsync().Limited()).Payload.ToArray());
        await Assert.ThrowsAsync<PeerDisconnectedException>(() => rig.PodPeer.ReceiveAsync().Limited());
        rig.PodPeer.Abort();
        Assert.Equal(ConnectionEnd.ClientClosed, (await rig.Running.Limited()).End);
    }

    // The tail first. The client still talks, as one that opens its window does: what it sends must not make the
    // gateway's side of the connection reset, which would throw away what the client has not read yet.
    [Fact]
    public async Task A_client_that_reads_late_still_gets_the_whole_tail_of_a_pod_that_is_gone()
    {
        const int Messages = 60;
        await using BridgeRig rig = await BridgeRig.StartAsync();
        byte[] message = new byte[32 * 1024];
        message[0] = 94;
        for (int i = 0; i < Messages; i++)
        {
            await rig.PodPeer.Output.SendAsync(message).Limited();
        }
        await rig.PodPeer.DisconnectAsync(DisconnectReason.ByApplication, "gone");
        Task draining = rig.PodPeer.DrainAsync(TimeSpan.FromMinutes(1));
        for (int i = 0; i < Messages; i++)
        {
            await rig.ClientPeer.Output.SendAsync(new byte[] { 93 }).Limited();
            Assert.Equal(94, (await rig.ClientPeer.ReceiveAsync().Limited()).Number);
        }
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => rig.ClientPeer.ReceiveAsync().Limited());
        Assert.Equal("The pod of session abc12 says: gone", told.Description);
        rig.ClientPeer.Abort();
        await rig.Running.Limited();
        await draining.Limited();
    }

    // What the pod has sent is still to be delivered then.
    [Fact]
    public async Task A_session_whose_pod_is_gone_and_whose_client_does_not_read_can_be_closed()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        Task toClient = FloodAsync(rig.PodPeer);
        await Eventually.TrueAsync(() => TcpTable.StuckTo(rig.PodPeer.Socket.RemoteEndPoint) == 1, "the pod is not held up");
        rig.PodPeer.Abort();
        await toClient.Limited();
        Task toPod = FloodAsync(rig.ClientPeer);
        await Eventually.TrueAsync(() => TcpTable.StuckTo(rig.ClientPeer.Socket.RemoteEndPoint) == 1, "the pod takes everything");

        rig.Bridge.Close(new Refusal(ConnectionEnd.SessionDisabled, "Session abc12 was disabled."));

        Assert.Equal(ConnectionEnd.SessionDisabled, (await rig.Running.Limited()).End);
        await toPod.Limited();

        static async Task FloodAsync(SshTransport leg)
        {
            byte[] message = [94, .. new byte[16 * 1024]];
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                while (true)
                {
                    await leg.Output.SendAsync(message);
                }
            });
        }
    }

    // A defect in one pump: nothing may be left at work on legs that are about to be freed.
    [Fact]
    public async Task A_defect_ends_both_legs()
    {
        using var key = new FailingKey(Ed25519PrivateKey.Generate());
        await using BridgeRig rig = await BridgeRig.StartAsync(new RekeyLimits(Bytes: 1000), key);
        key.Fails = true;
        // Used up keys: a key exchange starts, in which our signature fails.
        await rig.ClientPeer.Output.SendAsync(new byte[2000]).Limited();
        Task receiving = rig.ClientPeer.ReceiveAsync().AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => rig.Running.Limited());
        Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(() => LegPair.ReadToEndAsync(rig.PodPeer).Limited()));
        Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(() => receiving.Limited()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_violation_ends_both_legs_and_is_told_to_who_made_it(bool byClient)
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        SshTransport culprit = byClient ? rig.ClientPeer : rig.PodPeer;
        SshTransport other = byClient ? rig.PodPeer : rig.ClientPeer;
        // A length of AES-GCM that is out of range.
        await culprit.Socket.WriteAsync(new byte[] { 0xff, 0, 0, 0 }).Limited();
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => culprit.ReceiveAsync().Limited());
        Assert.Equal((uint)DisconnectReason.ProtocolError, told.Reason);
        await Assert.ThrowsAsync<PeerDisconnectedException>(() => other.ReceiveAsync().Limited());
        culprit.Abort();
        other.Abort();
        ConnectionOutcome end = await rig.Running.Limited();
        Assert.Equal(byClient ? ConnectionEnd.ClientProtocolError : ConnectionEnd.PodProtocolError, end.End);
        Assert.Contains("packet_length", end.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_of_the_authentication_from_the_pod_is_a_violation()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        await rig.PodPeer.Output.SendAsync(new byte[] { MessageNumber.UserAuthSuccess }).Limited();
        await Assert.ThrowsAsync<PeerDisconnectedException>(() => rig.ClientPeer.ReceiveAsync().Limited());
        rig.ClientPeer.Abort();
        Assert.Equal(ConnectionEnd.PodProtocolError, (await rig.Running.Limited()).End);
    }

    private sealed class FailingKey(SshPrivateKey key) : SshPrivateKey(key.PublicKey)
    {
        public bool Fails { get; set; }

        public override void Dispose() => key.Dispose();

        public override void WriteFields(SshWriter writer) => key.WriteFields(writer);

        protected override byte[] SignValue(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data)
        {
            if (Fails)
            {
                throw new InvalidOperationException("a defect");
            }
            var reader = new SshReader(key.Sign(algorithm, data));
            reader.ReadString();
            return reader.ReadString().ToArray();
        }
    }
}
