using System.Text;
using SshGateway.Ssh.Wire;

namespace SshGateway.Tests.Support.Recording;

/// <summary>Messages about channels (RFC 4254).</summary>
internal static class ChannelMessages
{
    public static byte[] Open(uint sender, string type = "session") =>
        SshWriter.Message(MessageNumber.ChannelOpen).WriteString(type).WriteUInt32(sender).WriteUInt32(1 << 21).WriteUInt32(1 << 15).ToArray();

    public static byte[] Confirm(uint recipient, uint sender) =>
        SshWriter.Message(MessageNumber.ChannelOpenConfirmation).WriteUInt32(recipient).WriteUInt32(sender).WriteUInt32(1 << 21).WriteUInt32(1 << 15).ToArray();

    public static byte[] Fail(uint recipient) =>
        SshWriter.Message(MessageNumber.ChannelOpenFailure).WriteUInt32(recipient).WriteUInt32(1).WriteString("no").WriteString("").ToArray();

    public static byte[] Terminal(uint recipient, uint columns = 100, uint rows = 30, string term = "xterm", string type = "pty-req") =>
        Request(recipient, type).WriteString(term).WriteUInt32(columns).WriteUInt32(rows).WriteUInt32(0).WriteUInt32(0).WriteString("").ToArray();

    public static byte[] Resize(uint recipient, uint columns, uint rows) =>
        Request(recipient, "window-change").WriteUInt32(columns).WriteUInt32(rows).WriteUInt32(0).WriteUInt32(0).ToArray();

    public static byte[] Shell(uint recipient) => Request(recipient, "shell").ToArray();

    public static byte[] Execute(uint recipient, string command, string type = "exec") => Request(recipient, type).WriteString(command).ToArray();

    public static byte[] Status(uint recipient, uint status) => Request(recipient, "exit-status").WriteUInt32(status).ToArray();

    public static byte[] Data(uint recipient, byte[] data) => SshWriter.Message(MessageNumber.ChannelData).WriteUInt32(recipient).WriteString(data).ToArray();

    public static byte[] Data(uint recipient, string text) => Data(recipient, Encoding.UTF8.GetBytes(text));

    public static byte[] Error(uint recipient, string text) =>
        SshWriter.Message(MessageNumber.ChannelExtendedData).WriteUInt32(recipient).WriteUInt32(1).WriteString(text).ToArray();

    public static byte[] Close(uint recipient) => SshWriter.Message(MessageNumber.ChannelClose).WriteUInt32(recipient).ToArray();

    private static SshWriter Request(uint recipient, string type) =>
        SshWriter.Message(MessageNumber.ChannelRequest).WriteUInt32(recipient).WriteString(type).WriteBoolean(true);
}
