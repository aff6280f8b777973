using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Channels;

/// <summary>SSH_MSG_CHANNEL_REQUEST: RFC 4254 section 5.4. The spans point into the message.</summary>
internal readonly ref struct ChannelRequest
{
    private ChannelRequest(uint channel, ReadOnlySpan<byte> type, bool wantsReply, SshReader fields)
    {
        Channel = channel;
        Type = type;
        WantsReply = wantsReply;
        Fields = fields;
    }

    /// <summary>Our number of the channel.</summary>
    public uint Channel { get; }

    public ReadOnlySpan<byte> Type { get; }

    public bool WantsReply { get; }

    /// <summary>What the type defines.</summary>
    public SshReader Fields { get; }

    //  byte      SSH_MSG_CHANNEL_REQUEST
    //  uint32    recipient channel
    //  string    request type in US-ASCII characters only
    //  boolean   want reply
    //  ....      type-specific data
    public static ChannelRequest Parse(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload[1..]);
        uint channel = reader.ReadUInt32();
        ReadOnlySpan<byte> type = reader.ReadString();
        bool wantsReply = reader.ReadBoolean();
        return new ChannelRequest(channel, type, wantsReply, reader);
    }
}
