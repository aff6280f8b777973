using SshGateway.Ssh.Wire;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>A KEXINIT list by list: RFC 4253 section 7.1.</summary>
internal sealed record KexInitText
{
    public string Kex { get; init; } = "curve25519-sha256";

    public string HostKeys { get; init; } = "ssh-ed25519";

    public string CiphersToServer { get; init; } = "aes128-gcm@openssh.com";

    public string CiphersToClient { get; init; } = "aes128-gcm@openssh.com";

    public string MacsToServer { get; init; } = "hmac-sha2-256";

    public string MacsToClient { get; init; } = "hmac-sha2-256";

    public string CompressionToServer { get; init; } = "none";

    public string CompressionToClient { get; init; } = "none";

    public bool FirstKexPacketFollows { get; init; }

    public byte[] ToPayload() => SshWriter.Message(MessageNumber.KexInit)
        .WriteBytes(new byte[16])
        .WriteString(Kex).WriteString(HostKeys)
        .WriteString(CiphersToServer).WriteString(CiphersToClient)
        .WriteString(MacsToServer).WriteString(MacsToClient)
        .WriteString(CompressionToServer).WriteString(CompressionToClient)
        .WriteString("").WriteString("")
        .WriteBoolean(FirstKexPacketFollows).WriteUInt32(0)
        .ToArray();
}
