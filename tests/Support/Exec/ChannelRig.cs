using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Exec.Channels;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Support.Exec;

/// <summary>
/// The relay's side of the connection protocol on a real, encrypted connection, and a client that can say anything.
/// </summary>
internal sealed class ChannelRig : IAsyncDisposable
{
    public const uint Window = 1024 * 1024;
    public const uint MaxPacket = 32 * 1024;

    private readonly LegPair _legs;

    private ChannelRig(LegPair legs, ConnectionProtocol protocol)
    {
        _legs = legs;
        Protocol = protocol;
        Ended = protocol.RunAsync();
    }

    public ConnectionProtocol Protocol { get; }

    public SshClientTransport Client => _legs.Client;

    /// <summary>The end of the protocol; it throws what ended it.</summary>
    public Task Ended { get; }

    /// <param name="opener">What channels lead to.</param>
    public static async Task<ChannelRig> ConnectAsync(ChannelOpener opener, int maxChannels = 10, RekeyLimits? limits = null, TimeProvider? time = null)
    {
        LegPair legs = await LegPair.ConnectAsync(limits: limits);
        await legs.HandshakeAsync();
        legs.Client.EnterRelaying();
        legs.Server.EnterRelaying();
        return new ChannelRig(
            legs,
            new ConnectionProtocol(legs.Server, "test", opener, new ChannelLimits(maxChannels), time ?? TimeProvider.System, NullLogger<ConnectionProtocol>.Instance));
    }

    /// <summary>Every channel leads to a target of its own.</summary>
    public static ChannelOpener To(Func<IChannelTarget> create) => (ReadOnlySpan<byte> type, SshReader fields, out IChannelTarget? target) =>
    {
        target = create();
        return null;
    };

    public static SshWriter Open(uint number, string type = "session", uint window = Window, uint maxPacket = MaxPacket) =>
        SshWriter.Message(MessageNumber.ChannelOpen).WriteString(type).WriteUInt32(number).WriteUInt32(window).WriteUInt32(maxPacket);

    public static byte[] Data(uint channel, ReadOnlySpan<byte> data) => SshWriter.Message(MessageNumber.ChannelData).WriteUInt32(channel).WriteString(data).ToArray();

    public static byte[] ExtendedData(uint channel, uint type, ReadOnlySpan<byte> data) =>
        SshWriter.Message(MessageNumber.ChannelExtendedData).WriteUInt32(channel).WriteUInt32(type).WriteString(data).ToArray();

    public static byte[] Bare(byte number, uint channel) => SshWriter.Message(number).WriteUInt32(channel).ToArray();

    public static byte[] Adjust(uint channel, uint count) => SshWriter.Message(MessageNumber.ChannelWindowAdjust).WriteUInt32(channel).WriteUInt32(count).ToArray();

    public static SshWriter Request(uint channel, string type, bool wantReply = true) =>
        SshWriter.Message(MessageNumber.ChannelRequest).WriteUInt32(channel).WriteString(type).WriteBoolean(wantReply);

    public Task SendAsync(byte[] message) => Client.Output.SendAsync(message).Limited();

    /// <summary>The next message.</summary>
    public async Task<byte[]> ReceiveAsync() => (await Client.ReceiveAsync().Limited()).Payload.ToArray();

    /// <summary>Opens a channel; returns the relay's number of it.</summary>
    public async Task<uint> OpenAsync(uint number = 7, uint window = Window, uint maxPacket = MaxPacket)
    {
        await SendAsync(Open(number, window: window, maxPacket: maxPacket).ToArray());
        return ReadConfirmation(await ReceiveAsync(), number);
    }

    public static uint ReadConfirmation(byte[] message, uint number)
    {
        var reader = new SshReader(message);
        Assert.Equal(MessageNumber.ChannelOpenConfirmation, reader.ReadByte());
        Assert.Equal(number, reader.ReadUInt32());
        uint channel = reader.ReadUInt32();
        Assert.InRange(reader.ReadUInt32(), (uint)ChannelLimits.SmallWindow, (uint)ChannelLimits.Window);
        Assert.Equal((uint)ChannelLimits.MaxPacket, reader.ReadUInt32());
        reader.End();
        return channel;
    }

    /// <summary>The next message refuses a channel.</summary>
    public async Task<OpenFailureReason> ReceiveFailureAsync(uint number = 7)
    {
        byte[] message = await ReceiveAsync();
        var reader = new SshReader(message);
        Assert.Equal(MessageNumber.ChannelOpenFailure, reader.ReadByte());
        Assert.Equal(number, reader.ReadUInt32());
        var reason = (OpenFailureReason)reader.ReadUInt32();
        Assert.NotEqual(0, reader.ReadString().Length);
        reader.ReadString();
        reader.End();
        return reason;
    }

    /// <summary>The relay ends the connection and says this.</summary>
    public async Task AssertDisconnectedAsync(string words)
    {
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(async () =>
        {
            while (true)
            {
                await Client.ReceiveAsync().Limited();
            }
        });
        Assert.Equal((uint)DisconnectReason.ProtocolError, told.Reason);
        Assert.Contains(words, told.Description, StringComparison.Ordinal);
        Client.Abort();
        Exception ended = await Assert.ThrowsAnyAsync<Exception>(() => Ended.Limited());
        Assert.True(ended is SshProtocolException or SshFormatException, $"{ended}");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Abort();
        await Ended.Limited().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Protocol.Dispose();
        await _legs.DisposeAsync();
    }
}
