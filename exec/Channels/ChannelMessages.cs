using System.Buffers.Binary;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Channels;

/// <summary>The messages that a server sends on channels: RFC 4254 sections 5 and 6.10.</summary>
internal static class ChannelMessages
{
    /// <summary>SSH_EXTENDED_DATA_STDERR: RFC 4254 section 5.2.</summary>
    public const uint StandardError = 1;

    /// <summary>Bytes before the data in the longer of the two data messages.</summary>
    public const int MaxHeader = 13;

    /// <summary>
    /// Bytes of the longest data message that is sent. The output in a message of kubelet, 32 KiB at most, fits into
    /// it.
    /// </summary>
    public const int MaxSize = MaxHeader + ChannelLimits.MaxSentPacket;

    private const int DataHeader = 9;

    public static byte[] OpenConfirmation(uint recipient, uint sender, uint window, uint maxPacket) =>
        SshWriter.Message(MessageNumber.ChannelOpenConfirmation).WriteUInt32(recipient).WriteUInt32(sender).WriteUInt32(window).WriteUInt32(maxPacket).ToArray();

    //  byte      SSH_MSG_CHANNEL_OPEN_FAILURE
    //  uint32    recipient channel
    //  uint32    reason code
    //  string    description in ISO-10646 UTF-8 encoding
    //  string    language tag
    public static byte[] OpenFailure(uint recipient, OpenFailure failure) =>
        SshWriter.Message(MessageNumber.ChannelOpenFailure).WriteUInt32(recipient).WriteUInt32((uint)failure.Reason).WriteString(failure.Sentence).WriteString("en").ToArray();

    /// <summary>A message that says nothing but which channel it is about.</summary>
    public static byte[] Bare(byte number, uint recipient) => SshWriter.Message(number).WriteUInt32(recipient).ToArray();

    public static byte[] WindowAdjust(uint recipient, uint count) =>
        SshWriter.Message(MessageNumber.ChannelWindowAdjust).WriteUInt32(recipient).WriteUInt32(count).ToArray();

    public static byte[] ExitStatus(uint recipient, uint status) =>
        SshWriter.Message(MessageNumber.ChannelRequest).WriteUInt32(recipient).WriteString("exit-status").WriteBoolean(false).WriteUInt32(status).ToArray();

    /// <summary>Writes the header of a data message in front of the data, so that the data is not copied.</summary>
    /// <param name="start">Where the data begins in the buffer; at least <see cref="MaxHeader"/>.</param>
    /// <returns>The message.</returns>
    public static Memory<byte> Data(byte[] buffer, int start, int count, uint recipient, bool isError)
    {
        int header = isError ? MaxHeader : DataHeader;
        Memory<byte> message = buffer.AsMemory(start - header, header + count);
        Span<byte> fields = message.Span;
        fields[0] = isError ? MessageNumber.ChannelExtendedData : MessageNumber.ChannelData;
        BinaryPrimitives.WriteUInt32BigEndian(fields[1..], recipient);
        if (isError)
        {
            BinaryPrimitives.WriteUInt32BigEndian(fields[5..], StandardError);
        }
        BinaryPrimitives.WriteUInt32BigEndian(fields[(header - 4)..], (uint)count);
        return message;
    }
}
