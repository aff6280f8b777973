using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>Private keys in OpenSSH's format (OpenSSH PROTOCOL.key), as of ssh-keygen, without a passphrase.</summary>
internal static class OpenSshKeyFile
{
    private const string Header = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private const string Footer = "-----END OPENSSH PRIVATE KEY-----";

    /// <summary>Bytes of a file. An RSA key of 8192 bits takes about 9 KiB.</summary>
    public const int MaxSize = 64 * 1024;

    // As ssh-keygen breaks its lines; it reads others too.
    private const int LineLength = 70;

    // The block size of the cipher "none".
    private const int BlockSize = 8;

    private static readonly byte[] HeaderBytes = Encoding.ASCII.GetBytes(Header);
    private static readonly byte[] FooterBytes = Encoding.ASCII.GetBytes(Footer);

    private static ReadOnlySpan<byte> Magic => "openssh-key-v1\0"u8;

    /// <param name="text">The file's content; the caller overwrites it.</param>
    /// <param name="path">Names the file in the message.</param>
    /// <exception cref="SshFormatException">It is no usable key; the message names the file and the
    /// remedy.</exception>
    public static SshPrivateKey Parse(ReadOnlySpan<byte> text, string path)
    {
        try
        {
            return Parse(text);
        }
        catch (Exception problem) when (problem is SshFormatException or CryptographicException)
        {
            throw new SshFormatException($"the private key file '{path}' cannot be used: {problem.Message}");
        }
    }

    /// <exception cref="SshFormatException">The text is not such a key.</exception>
    public static SshPrivateKey Parse(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> trimmed = text[Ascii.Trim(text)];
        if (trimmed.IsEmpty)
        {
            throw new SshFormatException("it is empty; copy the key again");
        }
        if (!trimmed.StartsWith(HeaderBytes))
        {
            throw new SshFormatException("it is not in OpenSSH's private key format; convert it with: ssh-keygen -p -N '' -f <file>");
        }
        if (!trimmed.EndsWith(FooterBytes))
        {
            throw new SshFormatException($"it is cut short: its last line must be {Footer}; copy the whole key again");
        }
        // A line that is header and footer in one has no key between them.
        ReadOnlySpan<byte> base64 = trimmed[Header.Length..Math.Max(Header.Length, trimmed.Length - Footer.Length)];
        byte[] blob = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        try
        {
            return Base64.DecodeFromUtf8(base64, blob, out _, out int size) == OperationStatus.Done
                ? ParseBlob(blob.AsSpan(0, size))
                : throw new SshFormatException("its base64 is damaged; copy the whole key again");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(blob);
        }
    }

    /// <summary>The text of a key's file.</summary>
    public static string Format(SshPrivateKey key, string comment)
    {
        byte[] check = RandomNumberGenerator.GetBytes(sizeof(uint));
        SshWriter section = new SshWriter(4096).WriteBytes(check).WriteBytes(check).WriteString(key.PublicKey.Type);
        key.WriteFields(section);
        section.WriteString(comment);
        for (byte padding = 1; section.Written.Length % BlockSize != 0; padding++)
        {
            section.WriteByte(padding);
        }
        SshWriter blob = new SshWriter(4096).WriteBytes(Magic).WriteString("none").WriteString("none").WriteString("")
            .WriteUInt32(1).WriteString(key.PublicKey.Blob.Span).WriteString(section.Written);
        IEnumerable<string> lines = Convert.ToBase64String(blob.Written).Chunk(LineLength).Select(line => new string(line));
        section.Clear();
        blob.Clear();
        return $"{Header}\n{string.Join('\n', lines)}\n{Footer}\n";
    }

    //  byte[15]  "openssh-key-v1" and a zero
    //  string    ciphername, string kdfname, string kdfoptions
    //  uint32    number of keys
    //  string    public key
    //  string    private section:
    //      uint32  checkint, uint32 checkint (equal)
    //      string  key type, the type's private fields, string comment
    //      byte[]  padding 1, 2, 3, ...
    private static SshPrivateKey ParseBlob(ReadOnlySpan<byte> blob)
    {
        var reader = new SshReader(blob);
        if (!reader.ReadBytes(Magic.Length).SequenceEqual(Magic))
        {
            throw new SshFormatException("it is not an openssh-key-v1");
        }
        if (!reader.ReadString().SequenceEqual("none"u8))
        {
            throw new SshFormatException("it has a passphrase; remove it with: ssh-keygen -p -N '' -f <file>");
        }
        reader.ReadString();
        reader.ReadString();
        if (reader.ReadUInt32() != 1)
        {
            throw new SshFormatException("it does not hold exactly one key");
        }
        SshPublicKey publicKey = SshPublicKey.Parse(reader.ReadString());
        var section = new SshReader(reader.ReadString());
        reader.End();
        if (section.ReadUInt32() != section.ReadUInt32())
        {
            throw new SshFormatException("it is damaged; copy the whole key again");
        }
        string type = Encoding.ASCII.GetString(section.ReadString());
        SshPrivateKey key = type switch
        {
            SshKeyTypes.Ed25519 => ReadEd25519(ref section),
            SshKeyTypes.Rsa => ReadRsa(ref section),
            SshKeyTypes.EcdsaP256 or SshKeyTypes.EcdsaP384 or SshKeyTypes.EcdsaP521 => ReadEcdsa(ref section),
            _ => throw new SshFormatException($"keys of type {publicKey.Type} are not supported"),
        };
        if (!key.PublicKey.Blob.Span.SequenceEqual(publicKey.Blob.Span))
        {
            key.Dispose();
            throw new SshFormatException("its public and private halves do not belong together");
        }
        return key;
    }

    private static Ed25519PrivateKey ReadEd25519(ref SshReader section)
    {
        section.ReadString();
        // The seed and the public key once more.
        ReadOnlySpan<byte> seedAndPublicKey = section.ReadString();
        if (seedAndPublicKey.Length != 2 * Ed25519PrivateKey.SeedSize)
        {
            throw new SshFormatException("its private half has the wrong size");
        }
        return Ed25519PrivateKey.FromSeed(seedAndPublicKey[..Ed25519PrivateKey.SeedSize]);
    }

    private static EcdsaPrivateKey ReadEcdsa(ref SshReader section)
    {
        EcdsaCurve curve = EcdsaCurve.Find(Encoding.ASCII.GetString(section.ReadString()));
        ReadOnlySpan<byte> encodedPoint = section.ReadString();
        SshPublicKey publicKey = SshPublicKey.Parse(
            new SshWriter().WriteString(curve.KeyType).WriteString(curve.Name).WriteString(encodedPoint).Written);
        byte[] scalar = LeftPad(section.ReadPositiveMpint(), curve.FieldSize);
        try
        {
            return new EcdsaPrivateKey(publicKey, ECDsa.Create(new ECParameters
            {
                Curve = curve.Curve,
                Q = curve.PointOf(encodedPoint),
                D = scalar,
            }));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    private static RsaPrivateKey ReadRsa(ref SshReader section)
    {
        ReadOnlySpan<byte> n = section.ReadPositiveMpint();
        ReadOnlySpan<byte> e = section.ReadPositiveMpint();
        ReadOnlySpan<byte> d = section.ReadPositiveMpint();
        ReadOnlySpan<byte> inverseQ = section.ReadPositiveMpint();
        ReadOnlySpan<byte> p = section.ReadPositiveMpint();
        ReadOnlySpan<byte> q = section.ReadPositiveMpint();
        SshPublicKey publicKey = SshPublicKey.Parse(
            new SshWriter(1024).WriteString(SshKeyTypes.Rsa).WritePositiveMpint(e).WritePositiveMpint(n).Written);
        int half = (n.Length + 1) / 2;
        if (Number(p) <= 1 || Number(q) <= 1)
        {
            throw new SshFormatException("its primes are none");
        }
        // The format leaves out d mod (p-1) and d mod (q-1), which .NET wants.
        BigInteger exponent = Number(d);
        var parameters = new RSAParameters
        {
            Modulus = n.ToArray(),
            Exponent = e.ToArray(),
            D = LeftPad(d, n.Length),
            P = LeftPad(p, half),
            Q = LeftPad(q, half),
            InverseQ = LeftPad(inverseQ, half),
            DP = Reduce(exponent, Number(p) - 1, half),
            DQ = Reduce(exponent, Number(q) - 1, half),
        };
        try
        {
            return new RsaPrivateKey(publicKey, RSA.Create(parameters));
        }
        finally
        {
            RsaPrivateKey.Overwrite(parameters);
        }
    }

    // The numbers themselves are .NET's, and cannot be overwritten.
    private static byte[] Reduce(BigInteger value, BigInteger modulus, int size)
    {
        byte[] bytes = (value % modulus).ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] padded = LeftPad(bytes, size);
        CryptographicOperations.ZeroMemory(bytes);
        return padded;
    }

    private static BigInteger Number(ReadOnlySpan<byte> bigEndian) => new(bigEndian, isUnsigned: true, isBigEndian: true);

    private static byte[] LeftPad(ReadOnlySpan<byte> value, int size)
    {
        if (value.Length > size)
        {
            throw new SshFormatException("one of its numbers is too large");
        }
        byte[] padded = new byte[size];
        value.CopyTo(padded.AsSpan(size - value.Length));
        return padded;
    }
}
