using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Revocation;

/// <summary>
/// Reads OpenSSH's key revocation lists: PROTOCOL.krl, and krl.c where the two differ. What is not understood refuses
/// the whole list, because the part behind it might revoke a key.
/// </summary>
internal static class KrlReader
{
    private const uint FormatVersion = 1;

    // sshbuf.h, SSHBUF_MAX_BIGNUM: a bitmap is an mpint, and no mpint is longer.
    private const int MaxBitmap = 16_384 / 8;

    private static ReadOnlySpan<byte> Magic => "SSHKRL\n\0"u8;

    private enum Section : byte
    {
        Certificates = 1,
        ExplicitKey = 2,
        FingerprintSha1 = 3,
        Signature = 4,
        FingerprintSha256 = 5,
        Extension = 255,
    }

    private enum CertificateSection : byte
    {
        SerialList = 0x20,
        SerialRange = 0x21,
        SerialBitmap = 0x22,
        KeyId = 0x23,
        Extension = 0x39,
    }

    public static bool IsKrl(ReadOnlySpan<byte> file) => file.StartsWith(Magic);

    //  uint64  magic
    //  uint32  format version
    //  uint64  krl version
    //  uint64  generated date
    //  uint64  flags
    //  string  reserved
    //  string  comment
    //  and any number of sections:
    //  byte    type
    //  string  data
    /// <param name="file">Begins with the magic.</param>
    /// <param name="list">Gets what is revoked.</param>
    /// <exception cref="SshFormatException">The list is damaged, or has something in it that is not
    /// understood.</exception>
    public static void Read(ReadOnlySpan<byte> file, RevocationList list)
    {
        var reader = new SshReader(file[Magic.Length..]);
        if (reader.ReadUInt32() is not FormatVersion and uint version)
        {
            throw new SshFormatException($"a KRL of format version {version}; {FormatVersion} is known");
        }
        reader.ReadUInt64();
        reader.ReadUInt64();
        reader.ReadUInt64();
        reader.ReadString();
        ReadText(ref reader);
        while (reader.Remaining > 0)
        {
            byte type = reader.ReadByte();
            var section = new SshReader(reader.ReadString());
            switch ((Section)type)
            {
                case Section.Certificates:
                    ReadCertificates(ref section, list);
                    break;
                case Section.ExplicitKey:
                    while (section.Remaining > 0)
                    {
                        list.AddKey(section.ReadString());
                    }
                    break;
                case Section.FingerprintSha1:
                    while (section.Remaining > 0)
                    {
                        list.AddSha1(KeyDigest.FromHash(ReadHash(ref section, SHA1.HashSizeInBytes)));
                    }
                    break;
                case Section.FingerprintSha256:
                    while (section.Remaining > 0)
                    {
                        list.AddSha256(KeyDigest.FromHash(ReadHash(ref section, SHA256.HashSizeInBytes)));
                    }
                    break;
                case Section.Extension:
                    ReadExtension(ref section);
                    break;
                case Section.Signature:
                    // The key was read as the section's data; the signature follows. OpenSSH 9.4 and later verify none
                    // and skip it: who can write the file is trusted.
                    section.ReadRest();
                    reader.ReadString();
                    break;
                default:
                    throw new SshFormatException($"a KRL with a section of type {type}, which is not known");
            }
            section.End();
        }
    }

    //  string  CA key, empty: every CA
    //  string  reserved
    //  and any number of:
    //  byte    type
    //  string  data
    private static void ReadCertificates(ref SshReader section, RevocationList list)
    {
        ReadOnlySpan<byte> ca = section.ReadString();
        section.ReadString();
        // A list that is thrown away checks the form of what a CA has signed that can let nobody in.
        RevokedCertificates certificates = ca.IsEmpty ? list.CertificatesOf(null)
            : ReadCA(ca) is { } key ? list.CertificatesOf(key)
            : new RevokedCertificates();
        while (section.Remaining > 0)
        {
            byte type = section.ReadByte();
            var part = new SshReader(section.ReadString());
            switch ((CertificateSection)type)
            {
                case CertificateSection.SerialList:
                    while (part.Remaining > 0)
                    {
                        ulong serial = part.ReadUInt64();
                        AddSerials(certificates, serial, serial, list);
                    }
                    break;
                case CertificateSection.SerialRange:
                    ulong first = part.ReadUInt64();
                    AddSerials(certificates, first, part.ReadUInt64(), list);
                    break;
                case CertificateSection.SerialBitmap:
                    ulong offset = part.ReadUInt64();
                    AddBitmap(certificates, offset, ReadBitmap(ref part), list);
                    break;
                case CertificateSection.KeyId:
                    while (part.Remaining > 0)
                    {
                        list.CountEntry();
                        certificates.AddKeyId(ReadText(ref part));
                    }
                    break;
                case CertificateSection.Extension:
                    ReadExtension(ref part);
                    break;
                default:
                    throw new SshFormatException($"a KRL with a certificate section of type {type}, which is not known");
            }
            part.End();
        }
    }

    // Null: a CA of a type or size of which no certificate logs in here. A list made for other servers as well must not
    // be refused for it.
    private static SshPublicKey? ReadCA(ReadOnlySpan<byte> blob)
    {
        var reader = new SshReader(blob);
        string type = Encoding.Latin1.GetString(reader.ReadString());
        if (!SshKeyTypes.All.Contains(type))
        {
            return null;
        }
        if (type != SshKeyTypes.Rsa)
        {
            return SshPublicKey.Parse(blob);
        }
        reader.ReadPositiveMpint();
        reader.ReadPositiveMpint();
        reader.End();
        try
        {
            return SshPublicKey.Parse(blob);
        }
        catch (SshFormatException)
        {
            return null;
        }
    }

    private static void AddSerials(RevokedCertificates certificates, ulong first, ulong last, RevocationList list)
    {
        if (first == 0 || first > last)
        {
            throw new SshFormatException($"a KRL with the serials {first} to {last}");
        }
        list.CountEntry();
        certificates.AddSerials(first, last);
    }

    // An mpint, which krl.c takes with any leading zeros.
    private static ReadOnlySpan<byte> ReadBitmap(ref SshReader reader)
    {
        ReadOnlySpan<byte> bitmap = reader.ReadString();
        if (bitmap.Length > 0 && (bitmap[0] & 0x80) != 0)
        {
            throw new SshFormatException("a KRL with a negative bitmap");
        }
        if (bitmap.Length > MaxBitmap + 1 || (bitmap.Length == MaxBitmap + 1 && bitmap[0] != 0))
        {
            throw new SshFormatException($"a KRL with a bitmap of more than {MaxBitmap} bytes");
        }
        return bitmap.TrimStart((byte)0);
    }

    // Bit 0 is the last one.
    private static void AddBitmap(
        RevokedCertificates certificates, ulong offset, ReadOnlySpan<byte> bitmap, RevocationList list)
    {
        int? begin = null;
        int bits = bitmap.Length * 8;
        for (int bit = 0; bit <= bits; bit++)
        {
            bool isSet = bit < bits && (bitmap[bitmap.Length - 1 - (bit / 8)] & (1 << (bit % 8))) != 0;
            if (isSet)
            {
                begin ??= bit;
            }
            else if (begin is { } first)
            {
                ulong last = offset + (ulong)(bit - 1);
                if (last < offset)
                {
                    throw new SshFormatException("a KRL with a bitmap beyond the last serial");
                }
                AddSerials(certificates, offset + (ulong)first, last, list);
                begin = null;
            }
        }
    }

    private static ReadOnlySpan<byte> ReadHash(ref SshReader reader, int size)
    {
        ReadOnlySpan<byte> hash = reader.ReadString();
        return hash.Length == size
            ? hash
            : throw new SshFormatException($"a KRL with a hash of {hash.Length} bytes; it needs {size}");
    }

    //  string   name
    //  boolean  critical
    //  string   contents
    private static void ReadExtension(ref SshReader reader)
    {
        ReadText(ref reader);
        bool isCritical = reader.ReadBoolean();
        reader.ReadString();
        if (isCritical)
        {
            throw new SshFormatException("a KRL with a critical extension; none is known");
        }
    }

    // A C string: one zero at its end is not part of it (sshbuf_get_cstring).
    private static string ReadText(ref SshReader reader)
    {
        ReadOnlySpan<byte> text = reader.ReadString();
        if (text.Length > 0 && text[^1] == 0)
        {
            text = text[..^1];
        }
        return text.Contains((byte)0)
            ? throw new SshFormatException("a KRL with a zero inside of a text")
            : Encoding.UTF8.GetString(text);
    }
}
