using CsCheck;
using SshGateway.Exec.Channels;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Exec;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Exec;

/// <summary>Channels of a client that keeps to RFC 4254, over a real connection.</summary>
public sealed class ChannelTests
{
    [Fact]
    public async Task A_channel_lives_from_its_opening_to_the_CLOSE_of_both_sides()
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new EchoTarget()));
        uint channel = await rig.OpenAsync();
        await rig.SendAsync(ChannelRig.Data(channel, "hello"u8));
        Assert.Equal(ChannelRig.Data(7, "hello"u8), await rig.ReceiveAsync());
        await rig.SendAsync(ChannelRig.Bare(MessageNumber.ChannelEof, channel));
        Assert.Equal(ChannelRig.Request(7, "exit-status", wantReply: false).WriteUInt32(3).ToArray(), await rig.ReceiveAsync());
        Assert.Equal(ChannelRig.Bare(MessageNumber.ChannelEof, 7), await rig.ReceiveAsync());
        Assert.Equal(ChannelRig.Bare(MessageNumber.ChannelClose, 7), await rig.ReceiveAsync());
        Assert.Equal(1, rig.Protocol.ChannelCount);
        await rig.SendAsync(ChannelRig.Bare(MessageNumber.ChannelClose, channel));
        // The number is free again.
        Assert.Equal(channel, await rig.OpenAsync(8));
        Assert.Equal(1, rig.Protocol.ChannelCount);
    }

    [Fact]
    public async Task A_client_that_closes_ends_what_runs()
    {
        var target = new EchoTarget();
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => target));
        uint channel = await rig.OpenAsync();
        await rig.SendAsync(ChannelRig.Bare(MessageNumber.ChannelClose, channel));
        Assert.Equal(ChannelRig.Bare(MessageNumber.ChannelClose, 7), await rig.ReceiveAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => target.Ended.Task.Limited());
        await Eventually.TrueAsync(() => rig.Protocol.ChannelCount == 0, "the channel stays");
    }

    [Fact]
    public async Task A_connection_that_ends_ends_what_runs()
    {
        var target = new EchoTarget();
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => target));
        await rig.OpenAsync();
        rig.Client.Abort();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => target.Ended.Task.Limited());
        await Assert.ThrowsAnyAsync<Exception>(() => rig.Ended.Limited());
    }

    [Fact]
    public async Task What_a_process_does_not_take_is_not_granted_again()
    {
        var mayRead = new TaskCompletionSource();
        var target = new EchoTarget(mayRead.Task);
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => target));
        uint channel = await rig.OpenAsync();
        for (int sent = 0; sent < ChannelLimits.Window; sent += ChannelLimits.MaxPacket)
        {
            await rig.SendAsync(ChannelRig.Data(channel, new byte[ChannelLimits.MaxPacket]));
        }
        // Answered behind all of that: no adjustment has come before.
        await rig.SendAsync(ChannelRig.Request(channel, "yes").ToArray());
        Assert.Equal(ChannelRig.Bare(MessageNumber.ChannelSuccess, 7), await rig.ReceiveAsync());
        Assert.Equal(0, target.Taken);
        mayRead.SetResult();
        long granted = 0;
        for (long echoed = 0; echoed < ChannelLimits.Window || granted < ChannelLimits.Window;)
        {
            var message = new SshReader(await rig.ReceiveAsync());
            byte number = message.ReadByte();
            message.ReadUInt32();
            granted += number == MessageNumber.ChannelWindowAdjust ? message.ReadUInt32() : 0;
            echoed += number == MessageNumber.ChannelData ? message.ReadString().Length : 0;
        }
        Assert.Equal(ChannelLimits.Window, granted);
    }

    // Whatever the client takes at a time, it gets all of it in order, and never more than it takes.
    [Fact]
    public async Task Everything_arrives_through_windows_of_any_size()
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new EchoTarget()), maxChannels: 2);
        await Gen.Select(Gen.Byte.Array[1, 3000].Array[1, 12], Gen.UInt[0, 2000], Gen.UInt[ChannelLimits.MinPeerPacket, 1500], Gen.UInt[1, 700]).SampleAsync(
            async (pieces, window, maxPacket, step) =>
            {
                uint channel = await rig.OpenAsync(window: window, maxPacket: maxPacket);
                foreach (byte[] piece in pieces)
                {
                    await rig.SendAsync(ChannelRig.Data(channel, piece));
                }
                await rig.SendAsync(ChannelRig.Bare(MessageNumber.ChannelEof, channel));
                byte[] expected = [.. pieces.SelectMany(piece => piece)];
                Assert.Equal(expected, await ReadAllAsync(rig, channel, expected.Length, window, maxPacket, step));
                await rig.SendAsync(ChannelRig.Bare(MessageNumber.ChannelClose, channel));
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public async Task Requests_are_answered_in_their_order()
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new EchoTarget()));
        uint channel = await rig.OpenAsync();
        string[] types = ["yes", "no", "yes", "yes", "no", "keepalive@openssh.com", "x11-req", "yes"];
        foreach (string type in types)
        {
            await rig.SendAsync(ChannelRig.Request(channel, type, wantReply: false).ToArray());
            await rig.SendAsync(ChannelRig.Request(channel, type).ToArray());
        }
        foreach (string type in types)
        {
            Assert.Equal(ChannelRig.Bare(type == "yes" ? MessageNumber.ChannelSuccess : MessageNumber.ChannelFailure, 7), await rig.ReceiveAsync());
        }
    }

    [Theory]
    [InlineData("keepalive@openssh.com")]
    [InlineData("tcpip-forward")]
    [InlineData("cancel-tcpip-forward")]
    [InlineData("streamlocal-forward@openssh.com")]
    [InlineData("hostkeys-prove-00@openssh.com")]
    public async Task Global_requests_fail(string name)
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new EchoTarget()));
        await rig.SendAsync(SshWriter.Message(MessageNumber.GlobalRequest).WriteString(name).WriteBoolean(false).ToArray());
        await rig.SendAsync(SshWriter.Message(MessageNumber.GlobalRequest).WriteString(name).WriteBoolean(true).WriteString("127.0.0.1").WriteUInt32(8080).ToArray());
        Assert.Equal(new byte[] { MessageNumber.RequestFailure }, await rig.ReceiveAsync());
        await rig.OpenAsync();
    }

    [Fact]
    public async Task Messages_that_nobody_knows_are_unimplemented()
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new EchoTarget()));
        await rig.SendAsync([85, 1, 2, 3]);
        await rig.SendAsync([200]);
        // The transport takes the answers out of the stream.
        await rig.OpenAsync();
    }

    [Fact]
    public async Task A_channel_that_cannot_be_opened_frees_its_number()
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new ClosedTarget()), maxChannels: 1);
        for (uint number = 0; number < 3; number++)
        {
            await rig.SendAsync(ChannelRig.Open(number).ToArray());
            Assert.Equal(OpenFailureReason.ConnectFailed, await rig.ReceiveFailureAsync(number));
        }
    }

    [Fact]
    public async Task There_are_as_many_channels_as_may_be_and_no_more()
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new EchoTarget()), maxChannels: 3);
        uint[] channels = [await rig.OpenAsync(0), await rig.OpenAsync(1), await rig.OpenAsync(2)];
        Assert.Equal([0u, 1u, 2u], channels);
        await rig.SendAsync(ChannelRig.Open(3).ToArray());
        Assert.Equal(OpenFailureReason.ResourceShortage, await rig.ReceiveFailureAsync(3));
        await rig.SendAsync(ChannelRig.Bare(MessageNumber.ChannelClose, 1));
        Assert.Equal(ChannelRig.Bare(MessageNumber.ChannelClose, 1), await rig.ReceiveAsync());
        await Eventually.TrueAsync(() => rig.Protocol.ChannelCount == 2, "the channel stays");
        Assert.Equal(1u, await rig.OpenAsync(9));
    }

    [Fact]
    public async Task Channels_are_opened_at_a_bounded_rate()
    {
        var time = new ManualTimeProvider();
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new ClosedTarget()), time: time);
        for (int i = 0; i < ChannelLimits.OpensPerPeriod; i++)
        {
            await rig.SendAsync(ChannelRig.Open(7).ToArray());
            Assert.Equal(OpenFailureReason.ConnectFailed, await rig.ReceiveFailureAsync());
        }
        await rig.SendAsync(ChannelRig.Open(7).ToArray());
        Assert.Equal(OpenFailureReason.ResourceShortage, await rig.ReceiveFailureAsync());
        time.Advance(ChannelLimits.OpenPeriod);
        await rig.SendAsync(ChannelRig.Open(7).ToArray());
        Assert.Equal(OpenFailureReason.ConnectFailed, await rig.ReceiveFailureAsync());
    }

    // Both sides change keys all the time, and nothing of the channels may be sent meanwhile (RFC 4253 section 7.1).
    [Fact]
    public async Task Data_goes_on_through_key_exchanges()
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new EchoTarget()), limits: new RekeyLimits(64 * 1024));
        uint channel = await rig.OpenAsync(window: 64 * 1024 * 1024);
        byte[] data = new byte[512 * 1024];
        Random.Shared.NextBytes(data);
        Task sending = Task.Run(async () =>
        {
            for (int sent = 0; sent < data.Length; sent += 8192)
            {
                await rig.SendAsync(ChannelRig.Data(channel, data.AsSpan(sent, 8192)));
                await rig.SendAsync(ChannelRig.Request(channel, "yes", wantReply: false).ToArray());
                await rig.Client.TryStartRekeyAsync();
            }
        });
        var received = new List<byte>();
        while (received.Count < data.Length)
        {
            Append(await rig.ReceiveAsync(), received);
        }
        await sending.Limited();
        Assert.Equal(data, received.ToArray());
        Assert.NotEqual(0, rig.Client.Input.PacketsUnderKeys);
    }

    private static async Task<byte[]> ReadAllAsync(ChannelRig rig, uint channel, int count, uint window, uint maxPacket, uint step)
    {
        var received = new List<byte>();
        long granted = window;
        bool isClosed = false;
        while (!isClosed)
        {
            if (received.Count == granted && granted < count)
            {
                await rig.SendAsync(ChannelRig.Adjust(channel, step));
                granted += step;
            }
            byte[] message = await rig.ReceiveAsync();
            int added = Append(message, received);
            Assert.InRange(added, 0, (int)maxPacket);
            Assert.InRange(received.Count, 0, granted);
            isClosed = message[0] == MessageNumber.ChannelClose;
        }
        return [.. received];
    }

    private static int Append(byte[] message, List<byte> received)
    {
        if (message[0] != MessageNumber.ChannelData)
        {
            return 0;
        }
        var reader = new SshReader(message.AsSpan(5));
        ReadOnlySpan<byte> data = reader.ReadString();
        reader.End();
        received.AddRange(data);
        return data.Length;
    }

    private sealed class ClosedTarget : IChannelTarget
    {
        public ValueTask<OpenFailure?> OpenAsync(CancellationToken closed) => ValueTask.FromResult<OpenFailure?>(new OpenFailure(OpenFailureReason.ConnectFailed, "Nothing listens there."));

        public bool HandleRequest(SshChannel channel, in ChannelRequest request) => false;

        public Task RunAsync(SshChannel channel, CancellationToken closed) => throw new InvalidOperationException("it was not opened");

        public ValueTask DisposeAsync() => default;
    }
}
