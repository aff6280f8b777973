using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Channels;

/// <summary>SSH_MSG_CHANNEL_OPEN: RFC 4254 section 5.1. The spans point into the message.</summary>
internal readonly ref struct ChannelOpen
{
    /// <summary>The channel's type.</summary>
    public required ReadOnlySpan<byte> Type { get; init; }

    /// <summary>The client's number of the channel.</summary>
    public required uint Sender { get; init; }

    /// <summary>How much the client takes at first.</summary>
    public required uint Window { get; init; }

    /// <summary>How much data the client takes in one packet.</summary>
    public required uint MaxPacket { get; init; }

    /// <summary>What the type defines.</summary>
    public required SshReader Fields { get; init; }

    //  byte      SSH_MSG_CHANNEL_OPEN
    //  string    channel type in US-ASCII only
    //  uint32    sender channel
    //  uint32    initial window size
    //  uint32    maximum packet size
    //  ....      channel type specific data follows
    public static ChannelOpen Parse(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload[1..]);
        ReadOnlySpan<byte> type = reader.ReadString();
        uint sender = reader.ReadUInt32();
        uint window = reader.ReadUInt32();
        uint maxPacket = reader.ReadUInt32();
        return new ChannelOpen { Type = type, Sender = sender, Window = window, MaxPacket = maxPacket, Fields = reader };
    }
}
