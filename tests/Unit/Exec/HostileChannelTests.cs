using SshGateway.Exec.Channels;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Exec;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Exec;

/// <summary>Clients that break RFC 4254: each is told why and disconnected, or refused, and nothing grows.</summary>
public sealed class HostileChannelTests
{
    private static readonly TaskCompletionSource Never = new();

    // Of a process that reads nothing.
    [Fact]
    public async Task Data_beyond_the_window_ends_the_connection()
    {
        await using ChannelRig rig = await ConnectAsync(Never.Task);
        uint channel = await rig.OpenAsync();
        for (int sent = 0; sent < ChannelLimits.Window; sent += ChannelLimits.MaxPacket)
        {
            await rig.SendAsync(ChannelRig.Data(channel, new byte[ChannelLimits.MaxPacket]));
        }
        await rig.SendAsync(ChannelRig.Data(channel, [1]));
        await rig.AssertDisconnectedAsync("window (RFC 4254 section 5.2)");
    }

    [Fact]
    public async Task Extended_data_counts_against_the_window_and_is_dropped()
    {
        await using ChannelRig rig = await ConnectAsync();
        uint channel = await rig.OpenAsync();
        long granted = 0;
        for (int sent = 0; sent < 4 * ChannelLimits.Window; sent += ChannelLimits.MaxPacket)
        {
            await rig.SendAsync(ChannelRig.ExtendedData(channel, 1, new byte[ChannelLimits.MaxPacket]));
        }
        while (granted < 4 * ChannelLimits.Window)
        {
            var adjustment = new SshReader(await rig.ReceiveAsync());
            Assert.Equal(MessageNumber.ChannelWindowAdjust, adjustment.ReadByte());
            Assert.Equal(7u, adjustment.ReadUInt32());
            granted += adjustment.ReadUInt32();
        }
        await rig.SendAsync(ChannelRig.Data(channel, "x"u8));
        Assert.Equal(ChannelRig.Data(7, "x"u8), await rig.ReceiveAsync());
    }

    public static TheoryData<string, string> Violations => new()
    {
        { "large data", "in a data packet" },
        { "large extended data", "in a data packet" },
        { "data behind EOF", "behind its EOF" },
        { "extended data behind EOF", "behind its EOF" },
        { "data behind CLOSE", "is not open" },
        { "data on a channel that was never opened", "is not open" },
        { "EOF on a channel that was never opened", "is not open" },
        { "CLOSE on a channel that was never opened", "is not open" },
        { "request on a channel that was never opened", "is not open" },
        { "adjustment of a channel that was never opened", "is not open" },
        { "data on channel 4294967295", "is not open" },
        { "window of more than 32 bits", "2^32 - 1" },
        { "confirmation of a channel that nobody opened", "never opened" },
        { "failure of a channel that nobody opened", "never opened" },
        { "data shorter than it says", "a string of" },
        { "data longer than it says", "unexpected bytes" },
        { "data without a channel", "too early" },
        { "EOF with a tail", "unexpected bytes" },
        { "request without a name", "too early" },
        { "request with a name of 4 GiB", "a string of 4294967295" },
        { "open without numbers", "too early" },
        { "open with a type of 4 GiB", "a string of 4294967295" },
        { "global request with a name of 4 GiB", "a string of 4294967295" },
        { "session behind no-more-sessions", "no-more-sessions" },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Violations_end_the_connection(string what, string words)
    {
        await using ChannelRig rig = await ConnectAsync(Never.Task);
        uint channel = await rig.OpenAsync();
        byte[] large = new byte[ChannelLimits.MaxPacket + 1];
        byte[][] messages = what switch
        {
            "large data" => [ChannelRig.Data(channel, large)],
            "large extended data" => [ChannelRig.ExtendedData(channel, 1, large)],
            "data behind EOF" => [ChannelRig.Bare(MessageNumber.ChannelEof, channel), ChannelRig.Data(channel, [1])],
            "extended data behind EOF" => [ChannelRig.Bare(MessageNumber.ChannelEof, channel), ChannelRig.ExtendedData(channel, 1, [1])],
            "data on a channel that was never opened" => [ChannelRig.Data(channel + 1, [1])],
            "EOF on a channel that was never opened" => [ChannelRig.Bare(MessageNumber.ChannelEof, channel + 1)],
            "CLOSE on a channel that was never opened" => [ChannelRig.Bare(MessageNumber.ChannelClose, channel + 1)],
            "request on a channel that was never opened" => [ChannelRig.Request(channel + 1, "shell").ToArray()],
            "adjustment of a channel that was never opened" => [ChannelRig.Adjust(channel + 1, 1)],
            "data on channel 4294967295" => [ChannelRig.Data(uint.MaxValue, [1])],
            "window of more than 32 bits" => [ChannelRig.Adjust(channel, uint.MaxValue)],
            "confirmation of a channel that nobody opened" => [ChannelMessages.OpenConfirmation(channel, 1, 1, 1)],
            "failure of a channel that nobody opened" => [ChannelMessages.OpenFailure(channel, new OpenFailure(OpenFailureReason.ConnectFailed, "no"))],
            "data shorter than it says" => [ChannelRig.Data(channel, "abc"u8)[..^1]],
            "data longer than it says" => [[.. ChannelRig.Data(channel, "abc"u8), 0]],
            "data without a channel" => [[MessageNumber.ChannelData, 0, 0]],
            "EOF with a tail" => [[.. ChannelRig.Bare(MessageNumber.ChannelEof, channel), 0]],
            "request without a name" => [ChannelRig.Bare(MessageNumber.ChannelRequest, channel)],
            "request with a name of 4 GiB" => [SshWriter.Message(MessageNumber.ChannelRequest).WriteUInt32(channel).WriteUInt32(uint.MaxValue).ToArray()],
            "open without numbers" => [SshWriter.Message(MessageNumber.ChannelOpen).WriteString("session").WriteUInt32(1).ToArray()],
            "open with a type of 4 GiB" => [SshWriter.Message(MessageNumber.ChannelOpen).WriteUInt32(uint.MaxValue).ToArray()],
            "global request with a name of 4 GiB" => [SshWriter.Message(MessageNumber.GlobalRequest).WriteUInt32(uint.MaxValue).ToArray()],
            "session behind no-more-sessions" =>
            [
                SshWriter.Message(MessageNumber.GlobalRequest).WriteString("no-more-sessions@openssh.com").WriteBoolean(false).ToArray(),
                ChannelRig.Open(9).ToArray(),
            ],
            _ => await CloseAsync(rig, channel),
        };
        foreach (byte[] message in messages)
        {
            await rig.SendAsync(message);
        }
        await rig.AssertDisconnectedAsync(words);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData((uint)ChannelLimits.MinPeerPacket - 1)]
    public async Task A_client_that_takes_tiny_packets_is_refused(uint maxPacket)
    {
        await using ChannelRig rig = await ConnectAsync();
        await rig.SendAsync(ChannelRig.Open(7, maxPacket: maxPacket).ToArray());
        Assert.Equal(OpenFailureReason.ResourceShortage, await rig.ReceiveFailureAsync());
        await rig.OpenAsync();
    }

    // The relay neither collects the answers nor ends the connection: it reads on as the client reads them.
    [Fact]
    public async Task A_flood_of_requests_is_answered_as_fast_as_the_client_reads()
    {
        await using ChannelRig rig = await ConnectAsync();
        uint channel = await rig.OpenAsync();
        byte[] request = ChannelRig.Request(channel, "yes").ToArray();
        const int Requests = 200_000;
        Task asking = Task.Run(async () =>
        {
            await rig.Client.Output.OpenBatchAsync();
            for (int i = 0; i < Requests; i++)
            {
                while (!rig.Client.Output.TryAppend(request))
                {
                    await rig.Client.Output.CloseAndFlushAsync();
                    await rig.Client.Output.OpenBatchAsync();
                }
            }
            await rig.Client.Output.CloseAndFlushAsync();
        });
        for (int i = 0; i < Requests; i++)
        {
            InboundPacket answer = await rig.Client.ReceiveAsync().Limited();
            Assert.Equal(MessageNumber.ChannelSuccess, answer.Number);
        }
        await asking.Limited();
        Assert.False(rig.Ended.IsCompleted);
    }

    // The relay has begun a key exchange, and until it ends no answer may be sent (RFC 4253 section 7.1).
    [Fact]
    public async Task A_client_that_asks_and_does_not_exchange_keys_is_disconnected()
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new EchoTarget()), limits: new RekeyLimits(16 * 1024));
        uint channel = await rig.OpenAsync();
        byte[] request = ChannelRig.Request(channel, "yes").ToArray();
        try
        {
            for (int i = 0; i < 5000; i++)
            {
                await rig.SendAsync(request);
            }
        }
        catch (PeerGoneException)
        {
            // It did not take them all.
        }
        await rig.AssertDisconnectedAsync("too many requests during a key exchange");
    }

    [Fact]
    public async Task A_flood_of_channels_is_refused_and_leaves_nothing_behind()
    {
        await using ChannelRig rig = await ConnectAsync(maxChannels: 4);
        Task flood = Task.Run(async () =>
        {
            for (uint i = 0; i < 5000; i++)
            {
                await rig.SendAsync(ChannelRig.Open(i).ToArray());
            }
        });
        int opened = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] answer = await rig.ReceiveAsync();
            opened += answer[0] == MessageNumber.ChannelOpenConfirmation ? 1 : 0;
        }
        await flood.Limited();
        Assert.Equal(4, opened);
        Assert.Equal(4, rig.Protocol.ChannelCount);
    }

    // 16 channels that nobody reads hold 16 MiB; the next ones hold 64 KiB each.
    [Fact]
    public async Task Windows_bound_what_a_connection_holds()
    {
        await using ChannelRig rig = await ConnectAsync(Never.Task, maxChannels: 100);
        long total = 0;
        for (uint number = 0; number < 100; number++)
        {
            await rig.SendAsync(ChannelRig.Open(number).ToArray());
            byte[] confirmation = await rig.ReceiveAsync();
            var reader = new SshReader(confirmation.AsSpan(9));
            total += reader.ReadUInt32();
        }
        Assert.Equal(ChannelLimits.WindowBudget + (84L * ChannelLimits.SmallWindow), total);
    }

    [Fact]
    public async Task What_comes_behind_our_CLOSE_is_dropped_up_to_the_window()
    {
        await using ChannelRig rig = await ChannelRig.ConnectAsync(ChannelRig.To(() => new ShortTarget()));
        uint channel = await rig.OpenAsync();
        Assert.Equal(ChannelRig.Bare(MessageNumber.ChannelClose, 7), await rig.ReceiveAsync());
        // The client may not have seen it yet.
        await rig.SendAsync(ChannelRig.Data(channel, new byte[1000]));
        await rig.SendAsync(ChannelRig.Request(channel, "yes").ToArray());
        await rig.SendAsync(ChannelRig.Bare(MessageNumber.ChannelEof, channel));
        await rig.SendAsync(ChannelRig.Bare(MessageNumber.ChannelClose, channel));
        // No answer on a channel behind its CLOSE (RFC 4254 section 5.3): the next message is this one.
        await rig.OpenAsync(8);
    }

    private static Task<ChannelRig> ConnectAsync(Task? mayRead = null, int maxChannels = 10) =>
        ChannelRig.ConnectAsync(ChannelRig.To(() => new EchoTarget(mayRead)), maxChannels);

    private static async Task<byte[][]> CloseAsync(ChannelRig rig, uint channel)
    {
        await rig.SendAsync(ChannelRig.Bare(MessageNumber.ChannelClose, channel));
        Assert.Equal(ChannelRig.Bare(MessageNumber.ChannelClose, 7), await rig.ReceiveAsync());
        await Eventually.TrueAsync(() => rig.Protocol.ChannelCount == 0, "the channel stays");
        return [ChannelRig.Data(channel, [1])];
    }

    private sealed class ShortTarget : IChannelTarget
    {
        public ValueTask<OpenFailure?> OpenAsync(CancellationToken closed) => default;

        public bool HandleRequest(SshChannel channel, in ChannelRequest request) => true;

        public Task RunAsync(SshChannel channel, CancellationToken closed) => Task.CompletedTask;

        public ValueTask DisposeAsync() => default;
    }
}
