using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>
/// A public key in the SSH wire format, checked for structure: known type, sizes in range, nothing left over.
/// Sources: RFC 4253 section 6.6 (RSA), RFC 5656 section 3.1 (ECDSA), RFC 8709 section 4 (Ed25519), OpenSSH
/// PROTOCOL.u2f (security keys).
/// </summary>
internal sealed class SshPublicKey
{
    /// <summary>RSA keys below this size are refused (NIST SP 800-131A).</summary>
    public const int MinRsaBits = 2048;

    /// <summary>RSA keys above this size are refused: verification time grows with the square of the size.</summary>
    public const int MaxRsaBits = 8192;

    // It is "ssh:" in most keys, and a name of the user's choice behind that in some.
    private const int MaxApplicationLength = 255;

    private const string CutShort = "the key is cut short, or a part of it is missing; copy the whole line of the .pub file";

    // What the options of authorized_keys have and a key type has not, and those of them that are one plain word.
    private static readonly SearchValues<char> OptionMarks = SearchValues.Create(",=\"");
    private static readonly HashSet<string> OptionWords =
    [
        "agent-forwarding", "cert-authority", "no-agent-forwarding", "no-port-forwarding", "no-pty", "no-touch-required", "no-user-rc", "no-X11-forwarding",
        "port-forwarding", "pty", "restrict", "user-rc", "verify-required", "X11-forwarding",
    ];

    private SshPublicKey(string type, byte[] blob) => (Type, Blob) = (type, blob);

    /// <summary>The key type, such as <c>ssh-ed25519</c>.</summary>
    public string Type { get; }

    /// <summary>The key in the SSH wire format.</summary>
    public ReadOnlyMemory<byte> Blob { get; }

    /// <summary>The fingerprint as OpenSSH prints it: <c>SHA256:</c> and unpadded base64.</summary>
    public string Fingerprint => FingerprintOf(Blob.Span);

    /// <summary>The hash in a fingerprint as OpenSSH prints it; null when it is none.</summary>
    public static byte[]? ParseFingerprint(string fingerprint)
    {
        const string Prefix = "SHA256:";
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        // Without the padding, which base64 wants.
        return fingerprint.StartsWith(Prefix, StringComparison.Ordinal) && Convert.TryFromBase64String(fingerprint[Prefix.Length..] + "=", hash, out int length) && length == hash.Length
            ? hash : null;
    }

    /// <summary>The fingerprint of a key blob as OpenSSH prints it.</summary>
    public static string FingerprintOf(ReadOnlySpan<byte> blob)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(blob, hash);
        return "SHA256:" + Convert.ToBase64String(hash).TrimEnd('=');
    }

    /// <summary>Parses a key blob.</summary>
    /// <exception cref="SshFormatException">The blob is not a key of a supported type and size.</exception>
    public static SshPublicKey Parse(ReadOnlySpan<byte> blob)
    {
        var reader = new SshReader(blob);
        string type = TypeOf(reader.ReadString());
        switch (type)
        {
            case SshKeyTypes.Ed25519:
                CheckEd25519(ref reader);
                break;
            case SshKeyTypes.SecurityKeyEd25519:
                CheckEd25519(ref reader);
                CheckApplication(ref reader);
                break;
            case SshKeyTypes.SecurityKeyEcdsaP256:
                CheckEcdsa(ref reader, "nistp256");
                CheckApplication(ref reader);
                break;
            case SshKeyTypes.EcdsaP256 or SshKeyTypes.EcdsaP384 or SshKeyTypes.EcdsaP521:
                CheckEcdsa(ref reader, type["ecdsa-sha2-".Length..]);
                break;
            case SshKeyTypes.Rsa:
                CheckRsa(ref reader);
                break;
            default:
                throw new SshFormatException($"keys of type {type} are not supported; use {SshKeyTypes.Ed25519}, ecdsa-sha2-nistp256/384/521, {SshKeyTypes.Rsa} or a security key");
        }
        reader.End();
        return new SshPublicKey(type, blob.ToArray());
    }

    /// <summary>
    /// Parses one line of an OpenSSH public key file as OpenSSH does (sshkey.c, sshkey_read): type, blanks, base64,
    /// optional comment. No options are accepted.
    /// </summary>
    /// <exception cref="SshFormatException">The line is not such a key; the message says why and can be shown to the
    /// owner.</exception>
    public static SshPublicKey ParseLine(string line)
    {
        line = line.TrimStart(' ', '\t');
        (string type, string rest) = CutWord(line);
        string base64 = CutWord(rest).Word;
        if (line.StartsWith("-----BEGIN", StringComparison.Ordinal) && line.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            throw new SshFormatException("this is a private key, which nobody else must have; make another one, and write the line of its .pub file");
        }
        if (type.AsSpan().ContainsAny(OptionMarks) || OptionWords.Contains(type))
        {
            throw new SshFormatException("options before the key type are not supported; write \"<type> <base64> [comment]\"");
        }
        if (base64.Length == 0)
        {
            throw new SshFormatException("a public key line has the form \"<type> <base64> [comment]\"");
        }
        SshPublicKey key = Parse(Decode(base64));
        return key.Type == type || IsRsaSignature(type, key.Type)
            ? key
            : throw new SshFormatException($"the line says {Printable(type.Length > 64 ? type[..64] : type)}, the key itself says {key.Type}");
    }

    /// <summary>The line form, without a comment.</summary>
    public override string ToString() => $"{Type} {Convert.ToBase64String(Blob.Span)}";

    private static (string Word, string Remainder) CutWord(string text)
    {
        int end = text.AsSpan().IndexOfAny(' ', '\t');
        return end < 0 ? (text, "") : (text[..end], text[end..].TrimStart(' ', '\t'));
    }

    // The names of RSA's signature algorithms are names of the key type for OpenSSH, too.
    private static bool IsRsaSignature(string name, string keyType) => keyType == SshKeyTypes.Rsa && name is "rsa-sha2-256" or "rsa-sha2-512";

    private static byte[] Decode(string base64)
    {
        // OpenSSH's decoder skips them, wherever they are.
        string text = string.Concat(base64.Where(c => c is not ('\r' or '\n' or '\v' or '\f')));
        byte[] blob;
        try
        {
            blob = Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            bool isCut = text.Length % 4 != 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=');
            throw new SshFormatException(isCut ? CutShort : "the second word of the public key line is not base64");
        }
        return IsWhole(blob) ? blob : throw new SshFormatException(CutShort);
    }

    // A key is a row of strings, each with its length before it.
    private static bool IsWhole(ReadOnlySpan<byte> blob)
    {
        while (blob.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32BigEndian(blob) is var length && length <= (uint)(blob.Length - sizeof(uint)))
        {
            blob = blob[(sizeof(uint) + (int)length)..];
        }
        return blob.IsEmpty;
    }

    private static string TypeOf(ReadOnlySpan<byte> name) => Printable(Encoding.ASCII.GetString(name.Length > 64 ? name[..64] : name));

    // Names from a peer reach logs and messages: only printable ASCII may.
    private static string Printable(string text) =>
        string.Concat(text.Select(c => c is > ' ' and < '\x7f' ? c : '?'));

    private static void CheckEd25519(ref SshReader reader)
    {
        if (reader.ReadString().Length != 32)
        {
            throw new SshFormatException("an Ed25519 key that is not 32 bytes long");
        }
    }

    private static void CheckApplication(ref SshReader reader)
    {
        if (reader.ReadString().Length > MaxApplicationLength)
        {
            throw new SshFormatException($"a security key whose application is longer than {MaxApplicationLength} bytes");
        }
    }

    private static void CheckEcdsa(ref SshReader reader, string curve)
    {
        if (!reader.ReadString().SequenceEqual(Encoding.ASCII.GetBytes(curve)))
        {
            throw new SshFormatException($"an ECDSA key whose curve is not {curve}");
        }
        ReadOnlySpan<byte> point = reader.ReadString();
        if (point.Length != 1 + (2 * EcdsaCurve.Find(curve).FieldSize) || point[0] != 4)
        {
            throw new SshFormatException($"an ECDSA key that is not an uncompressed {curve} point");
        }
    }

    private static void CheckRsa(ref SshReader reader)
    {
        ReadOnlySpan<byte> exponent = reader.ReadPositiveMpint();
        // OpenSSL itself refuses larger exponents for large moduli; 64 bits is more than any real key has.
        if (exponent.Length is 0 or > 8 || (exponent[^1] & 1) == 0 || (exponent.Length == 1 && exponent[0] == 1))
        {
            throw new SshFormatException("an RSA key with an unusable public exponent");
        }
        ReadOnlySpan<byte> modulus = reader.ReadPositiveMpint();
        int bits = modulus.IsEmpty ? 0 : (modulus.Length * 8) - BitOperations.LeadingZeroCount(modulus[0]) + 24;
        if (bits is < MinRsaBits or > MaxRsaBits)
        {
            throw new SshFormatException($"an RSA key of {bits} bits; {MinRsaBits} to {MaxRsaBits} are accepted");
        }
    }
}
