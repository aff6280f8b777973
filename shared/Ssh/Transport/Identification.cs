using System.Text;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Transport;

/// <summary>The identification exchange: RFC 4253 section 4.2.</summary>
internal static class Identification
{
    /// <summary>Bytes of a client's line with its CR LF: RFC 4253 section 4.2.</summary>
    public const int MaxClientLength = 255;

    /// <summary>Bytes of a server's line, as OpenSSH's client takes them: SSH_MAX_BANNER_LEN and CR LF.</summary>
    public const int MaxServerLength = 8192 + 2;

    /// <summary>
    /// Lines that a server may send before its identification, as OpenSSH's client takes them:
    /// SSH_MAX_PRE_BANNER_LINES, of which the last one is the identification.
    /// </summary>
    public const int MaxPrecedingLines = 1023;

    /// <summary>
    /// Ours towards clients, and towards pods for clients that are OpenSSH (docs/adr/0021). Clients choose by it how
    /// they speak the connection protocol and SFTP, and there it is the pod's OpenSSH that answers them.
    /// </summary>
    public const string OpenSsh = "SSH-2.0-OpenSSH_9.9p2 SshGateway";

    /// <summary>Ours towards pods for other clients.</summary>
    public const string Other = "SSH-2.0-SshGateway";

    /// <summary>Ours towards a client's pod. OpenSSH's server sends eow@openssh.com only to its own client.</summary>
    public static string ForPodOf(string client) => client.StartsWith("SSH-2.0-OpenSSH_", StringComparison.Ordinal) ? OpenSsh : Other;

    /// <summary>An identification with its line end, as it is sent.</summary>
    public static byte[] WriteLine(string identification) => Encoding.ASCII.GetBytes(identification + "\r\n");

    /// <summary>Whether a line is an identification at all.</summary>
    public static bool IsIdentification(string line) => line.StartsWith("SSH-", StringComparison.Ordinal);

    /// <exception cref="SshProtocolException">The peer does not speak version 2.0, or its line has characters that have
    /// no place in it.</exception>
    public static void Check(string line)
    {
        if (!line.StartsWith("SSH-2.0-", StringComparison.Ordinal) && !line.StartsWith("SSH-1.99-", StringComparison.Ordinal))
        {
            throw new SshProtocolException(DisconnectReason.ProtocolError, "only SSH protocol version 2.0 is spoken here");
        }
        if (line.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new SshProtocolException("an identification line with characters other than printable ASCII");
        }
    }
}
