using System.Buffers.Binary;
using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Relay;

public sealed class BridgeTests
{
    [Fact]
    public async Task Messages_of_the_connection_protocol_pass_unread_both_ways()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        for (byte number = 80; number <= 100; number++)
        {
            byte[] message = [number, .. new byte[number * 3]];
            await rig.ClientPeer.Output.SendAsync(message).Limited();
            Assert.Equal(message, (await rig.PodPeer.ReceiveAsync().Limited()).Payload.ToArray());
            await rig.PodPeer.Output.SendAsync(message).Limited();
            Assert.Equal(message, (await rig.ClientPeer.ReceiveAsync().Limited()).Payload.ToArray());
        }
        await EndByClientAsync(rig);
    }

    [Fact]
    public async Task The_largest_packets_pass_between_different_paddings()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        for (int size = (256 * 1024) - 40; size <= (256 * 1024) - 24; size++)
        {
            byte[] message = new byte[size];
            message[0] = 94;
            Task sending = rig.ClientPeer.Output.SendAsync(message).AsTask();
            Assert.Equal(size, (await rig.PodPeer.ReceiveAsync().Limited()).Payload.Length);
            await sending.Limited();
        }
        await EndByClientAsync(rig);
    }

    [Fact]
    public async Task What_concerns_one_leg_does_not_reach_the_other()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        byte[][] own =
        [
            [MessageNumber.Ignore, 0, 0, 0, 0],
            [MessageNumber.Debug, 0],
            [MessageNumber.Unimplemented, 0, 0, 0, 9],
            [MessageNumber.ExtInfo, 0, 0, 0, 0],
            SshWriter.Message(MessageNumber.Ping).WriteString("x").ToArray(),
            [MessageNumber.Pong, 0, 0, 0, 0],
        ];
        foreach (byte[] message in own)
        {
            await rig.ClientPeer.Output.SendAsync(message).Limited();
            await rig.PodPeer.Output.SendAsync(message).Limited();
        }
        // RFC 4252 section 5.1, and the announcement of the pod's host keys.
        await rig.ClientPeer.Output.SendAsync(new byte[] { MessageNumber.UserAuthRequest }).Limited();
        await rig.PodPeer.Output.SendAsync(SshWriter.Message(MessageNumber.GlobalRequest).WriteString("hostkeys-00@openssh.com").WriteBoolean(false).ToArray()).Limited();
        await rig.ClientPeer.Output.SendAsync(new byte[] { 94 }).Limited();
        await rig.PodPeer.Output.SendAsync(new byte[] { 95 }).Limited();
        Assert.Equal(94, (await rig.PodPeer.ReceiveAsync().Limited()).Number);
        Assert.Equal(95, (await rig.ClientPeer.ReceiveAsync().Limited()).Number);
        await EndByClientAsync(rig);
    }

    // RFC 4253 section 11.4: the answer names the sequence number on the leg that the message came on.
    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(19)]
    [InlineData(101)]
    [InlineData(191)]
    [InlineData(255)]
    public async Task An_unknown_message_is_answered_and_not_relayed(byte number)
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        long before = rig.ClientPeer.Input.TotalBytes;
        await rig.ClientPeer.Output.SendAsync(new byte[] { number }).Limited();
        await rig.ClientPeer.Output.SendAsync(new byte[] { 94 }).Limited();
        Assert.Equal(94, (await rig.PodPeer.ReceiveAsync().Limited()).Number);
        long sent = rig.PodPeer.Output.BytesUnderKeys;
        await rig.PodPeer.Output.SendAsync(new byte[] { 95 }).Limited();
        Assert.Equal(95, (await rig.ClientPeer.ReceiveAsync().Limited()).Number);
        Assert.True(rig.ClientPeer.Input.TotalBytes - before > rig.PodPeer.Output.BytesUnderKeys - sent, "no UNIMPLEMENTED came");
        // EXT_INFO of the handshake and UNIMPLEMENTED, which the peer's leg consumes, and the 95: three packets.
        Assert.Equal(3, rig.ClientPeer.Input.PacketsUnderKeys);
        await EndByClientAsync(rig);
    }

    // RFC 4253 section 7.1 forbids it; OpenSSH takes it, and asyncssh as patched by Debian 12 does it.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Data_behind_a_peers_KEXINIT_is_relayed_unless_the_other_leg_exchanges_keys_too(bool otherToo)
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        if (otherToo)
        {
            await SendControlAsync(rig.PodPeer, KexInitMessage.Write(LegPair.Everything, []));
            InboundPacket answer;
            while (!rig.PodPeer.Input.TryRead(out answer))
            {
                Assert.True(await rig.PodPeer.Input.FillAsync().Limited());
            }
            Assert.Equal(MessageNumber.KexInit, answer.Number);
        }
        await SendControlAsync(rig.ClientPeer, KexInitMessage.Write(LegPair.Everything, []), [94, 1, 2, 3]);
        if (otherToo)
        {
            PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => rig.ClientPeer.ReceiveAsync().Limited());
            Assert.Contains("message 94 during a key exchange", told.Description, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal([94, 1, 2, 3], (await rig.PodPeer.ReceiveAsync().Limited()).Payload.ToArray());
        }
    }

    // All four sides use up their keys while data goes both ways: the case in which a pump that waits for one leg
    // starves the other.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Key_exchanges_on_both_legs_under_load_deadlock_nothing(bool peersStartThemToo)
    {
        const int Messages = 1500;
        await using BridgeRig rig = await BridgeRig.StartAsync(new RekeyLimits(Bytes: 256 * 1024));
        // As a channel's window does: a peer that cannot write must not stop reading, and these do.
        using var upWindow = new SemaphoreSlim(64);
        using var downWindow = new SemaphoreSlim(64);
        var clientHasAll = new TaskCompletionSource();
        var podHasAll = new TaskCompletionSource();
        Task reading = Task.WhenAll(ReceiveAllAsync(rig.ClientPeer, downWindow, clientHasAll), ReceiveAllAsync(rig.PodPeer, upWindow, podHasAll));
        await Task.WhenAny(
            reading,
            Task.WhenAll(
                SendAllAsync(rig.ClientPeer, peersStartThemToo, upWindow), SendAllAsync(rig.PodPeer, peersStartThemToo, downWindow),
                clientHasAll.Task, podHasAll.Task)).Limited();
        Assert.True(clientHasAll.Task.IsCompletedSuccessfully && podHasAll.Task.IsCompletedSuccessfully);
        rig.ClientPeer.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => reading.Limited());
        await rig.Running.Limited();

        static Task SendAllAsync(SshTransport leg, bool startsKeyExchanges, SemaphoreSlim window) => Task.Run(async () =>
        {
            byte[] message = new byte[16 * 1024];
            message[0] = 94;
            for (int i = 0; i < Messages; i++)
            {
                await window.WaitAsync();
                BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), i);
                await leg.Output.SendAsync(message);
                if (startsKeyExchanges)
                {
                    await leg.TryStartRekeyAsync(leg);
                }
            }
            await leg.Output.SendAsync(new byte[] { 95 });
        });

        static Task ReceiveAllAsync(SshTransport leg, SemaphoreSlim window, TaskCompletionSource hasAll) => Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                InboundPacket packet = await leg.ReceiveAsync();
                Assert.Equal(94, packet.Number);
                Assert.Equal(i, BinaryPrimitives.ReadInt32BigEndian(packet.Payload[1..]));
                window.Release();
            }
            Assert.Equal(95, (await leg.ReceiveAsync()).Number);
            hasAll.SetResult();
            // The other side may still want to exchange keys.
            await LegPair.ReadToEndAsync(leg);
        });
    }

    private static async Task EndByClientAsync(BridgeRig rig)
    {
        await rig.ClientPeer.DisconnectAsync(DisconnectReason.ByApplication, "done");
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => LegPair.ReadToEndAsync(rig.PodPeer).Limited());
        Assert.Equal("done", told.Description);
        rig.PodPeer.Abort();
        Assert.Equal(ConnectionEnd.ClientClosed, (await rig.Running.Limited()).End);
    }

    /// <summary>Past everything that holds data back during a key exchange.</summary>
    private static async Task SendControlAsync(SshTransport leg, params byte[][] payloads)
    {
        await leg.Output.OpenControlBatchAsync().Limited();
        foreach (byte[] payload in payloads)
        {
            leg.Output.AppendControl(payload);
        }
        leg.Output.CloseAndFlushLater();
    }
}
