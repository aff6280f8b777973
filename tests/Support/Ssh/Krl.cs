using SshGateway.Ssh.Wire;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>A key revocation list of any content, right and wrong ones: OpenSSH PROTOCOL.krl.</summary>
internal sealed class Krl
{
    private readonly SshWriter _writer = new(4096);

    public Krl(uint version = 1, string comment = "") => _writer.WriteBytes("SSHKRL\n\0"u8).WriteUInt32(version)
        .WriteUInt64(1).WriteUInt64(1_700_000_000).WriteUInt64(0).WriteString("").WriteString(comment);

    public static (byte Type, byte[] Data) Serials(params ulong[] serials) => (0x20, [.. serials.SelectMany(serial => new SshWriter().WriteUInt64(serial).ToArray())]);

    public static (byte Type, byte[] Data) Range(ulong first, ulong last) => (0x21, new SshWriter().WriteUInt64(first).WriteUInt64(last).ToArray());

    public static (byte Type, byte[] Data) Bitmap(ulong offset, byte[] bits) => (0x22, new SshWriter().WriteUInt64(offset).WriteString(bits).ToArray());

    public static (byte Type, byte[] Data) KeyIds(params string[] ids) => (0x23, [.. ids.SelectMany(id => new SshWriter().WriteString(id).ToArray())]);

    public static (byte Type, byte[] Data) CertificateExtension(string name, bool isCritical) =>
        (0x39, new SshWriter().WriteString(name).WriteBoolean(isCritical).WriteString("contents").ToArray());

    public Krl Certificates(byte[] ca, params (byte Type, byte[] Data)[] parts)
    {
        SshWriter section = new SshWriter(4096).WriteString(ca).WriteString("");
        foreach ((byte type, byte[] data) in parts)
        {
            section.WriteByte(type).WriteString(data);
        }
        return Section(1, section.ToArray());
    }

    public Krl Keys(params byte[][] blobs) => Strings(2, blobs);

    public Krl Sha1(params byte[][] hashes) => Strings(3, hashes);

    public Krl Sha256(params byte[][] hashes) => Strings(5, hashes);

    public Krl Extension(string name, bool isCritical) => Section(255, CertificateExtension(name, isCritical).Data);

    /// <summary>Of no key, and so a wrong one.</summary>
    public Krl Signature()
    {
        Section(4, [1, 2, 3]);
        _writer.WriteString("no signature");
        return this;
    }

    public Krl Section(byte type, byte[] data)
    {
        _writer.WriteByte(type).WriteString(data);
        return this;
    }

    public byte[] ToArray() => _writer.ToArray();

    private Krl Strings(byte type, byte[][] strings) => Section(type, [.. strings.SelectMany(item => new SshWriter().WriteString(item).ToArray())]);
}
