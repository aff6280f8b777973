using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Certificates;

/// <summary>
/// A certificate as a peer sent it (OpenSSH PROTOCOL.certkeys), checked for its form alone: known key types, everything
/// bounded, nothing left over. The key that signed it is a plain one: a CA that is itself certified is none.
/// </summary>
internal sealed class SshCertificate
{
    private const int MaxSize = 32 * 1024;
    private const int MaxKeyIdLength = 1024;

    // As in OpenSSH (SSHKEY_CERT_MAX_PRINCIPALS).
    private const int MaxPrincipals = 256;
    private const int MaxOptions = 64;

    private readonly byte[] _signedPart;
    private readonly byte[] _signature;

    private SshCertificate(byte[] signedPart, byte[] signature)
    {
        _signedPart = signedPart;
        _signature = signature;
    }

    /// <summary>The key that it is about.</summary>
    public required SshPublicKey Key { get; init; }

    public required ulong Serial { get; init; }

    public required CertificateType Type { get; init; }

    /// <summary>The CA's words, of any content; <see cref="ToString"/> is fit for a log.</summary>
    public required string KeyId { get; init; }

    public required IReadOnlyList<byte[]> Principals { get; init; }

    /// <summary>Seconds since 1970 UTC, the first one included.</summary>
    public required ulong ValidAfter { get; init; }

    /// <summary>Seconds since 1970 UTC, the last one excluded.</summary>
    public required ulong ValidBefore { get; init; }

    /// <summary>By name, each with its data.</summary>
    public required IReadOnlyDictionary<string, byte[]> CriticalOptions { get; init; }

    /// <inheritdoc cref="CriticalOptions"/>
    public required IReadOnlyDictionary<string, byte[]> Extensions { get; init; }

    /// <summary>The CA's key.</summary>
    public required SshPublicKey SignatureKey { get; init; }

    //  string  type, such as "ssh-ed25519-cert-v01@openssh.com"
    //  string  nonce
    //  ....    the fields of the key
    //  uint64  serial
    //  uint32  type
    //  string  key id
    //  string  valid principals
    //  uint64  valid after
    //  uint64  valid before
    //  string  critical options
    //  string  extensions
    //  string  reserved
    //  string  signature key
    //  string  signature
    /// <exception cref="SshFormatException">It is no such certificate.</exception>
    public static SshCertificate Parse(ReadOnlySpan<byte> blob)
    {
        if (blob.Length > MaxSize)
        {
            throw new SshFormatException($"a certificate of more than {MaxSize} bytes");
        }
        var reader = new SshReader(blob);
        string keyType = KeyTypeOf(reader.ReadString());
        reader.ReadString();
        SshPublicKey key = ReadKey(ref reader, keyType);
        ulong serial = reader.ReadUInt64();
        var type = (CertificateType)reader.ReadUInt32();
        ReadOnlySpan<byte> keyId = reader.ReadString();
        if (keyId.Length > MaxKeyIdLength)
        {
            throw new SshFormatException($"a certificate whose key id is longer than {MaxKeyIdLength} bytes");
        }
        byte[][] principals = ReadPrincipals(reader.ReadString());
        ulong validAfter = reader.ReadUInt64();
        ulong validBefore = reader.ReadUInt64();
        Dictionary<string, byte[]> criticalOptions = ReadOptions(reader.ReadString());
        Dictionary<string, byte[]> extensions = ReadOptions(reader.ReadString());
        reader.ReadString();
        SshPublicKey signatureKey = PresentedKey.ParseKey(reader.ReadString());
        byte[] signedPart = blob[..^reader.Remaining].ToArray();
        byte[] signature = reader.ReadString().ToArray();
        reader.End();
        return new SshCertificate(signedPart, signature)
        {
            Key = key,
            Serial = serial,
            Type = type,
            KeyId = Encoding.UTF8.GetString(keyId),
            Principals = principals,
            ValidAfter = validAfter,
            ValidBefore = validBefore,
            CriticalOptions = criticalOptions,
            Extensions = extensions,
            SignatureKey = signatureKey,
        };
    }

    /// <summary>Whether <see cref="IsSigned"/> is quick.</summary>
    public bool IsQuick => SshKeyTypes.IsQuick(SignatureKey.Type);

    /// <summary>Whether the CA's key made the signature. Never with ssh-rsa (SHA-1), which is unsupported.</summary>
    public bool IsSigned()
    {
        try
        {
            return SignatureAlgorithm.Find(new SshReader(_signature).ReadString()) is { } algorithm
                && SignatureVerifier.Verify(SignatureKey, algorithm, _signature, _signedPart, SecurityKeyFlags.None);
        }
        catch (SshFormatException)
        {
            return false;
        }
    }

    public bool HasPrincipal(ReadOnlySpan<byte> name)
    {
        foreach (byte[] principal in Principals)
        {
            if (name.SequenceEqual(principal))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Why the certificate is of no use now; null: it is valid.</summary>
    public string? ProblemAt(DateTimeOffset now) =>
        BeginsAfter(now) ? "is not valid yet" : (ulong)now.ToUnixTimeSeconds() >= ValidBefore ? "has expired" : null;

    /// <summary>Whether it is not valid yet.</summary>
    public bool BeginsAfter(DateTimeOffset now) => (ulong)now.ToUnixTimeSeconds() < ValidAfter;

    /// <summary>Which one it is, for a log.</summary>
    public override string ToString() =>
        $"certificate \"{PeerText.OneLine(KeyId)}\", serial {Serial}, of the CA {SignatureKey.Fingerprint}";

    private static string KeyTypeOf(ReadOnlySpan<byte> name)
    {
        foreach (string keyType in SshKeyTypes.All)
        {
            if (name.SequenceEqual(Encoding.ASCII.GetBytes(PublicKeyAlgorithm.CertificateName(keyType))))
            {
                return keyType;
            }
        }
        // As with plain keys, OpenSSH also takes the algorithm's name.
        return PublicKeyAlgorithm.Find(name) is { IsCertificate: true } algorithm
            ? algorithm.Signature.KeyType
            : throw new SshFormatException("no certificate of a supported type");
    }

    // A plain key's blob is its type and the same fields; each of them is a string or looks like one.
    private static SshPublicKey ReadKey(ref SshReader reader, string keyType)
    {
        SshWriter blob = new SshWriter(1024).WriteString(keyType);
        int fields = keyType switch
        {
            SshKeyTypes.Ed25519 => 1,
            SshKeyTypes.SecurityKeyEcdsaP256 => 3,
            _ => 2,
        };
        for (int i = 0; i < fields; i++)
        {
            blob.WriteString(reader.ReadString());
        }
        return SshPublicKey.Parse(blob.Written);
    }

    private static byte[][] ReadPrincipals(ReadOnlySpan<byte> list)
    {
        var principals = new List<byte[]>();
        var reader = new SshReader(list);
        while (reader.Remaining > 0)
        {
            if (principals.Count == MaxPrincipals)
            {
                throw new SshFormatException($"a certificate with more than {MaxPrincipals} principals");
            }
            principals.Add(reader.ReadString().ToArray());
        }
        return [.. principals];
    }

    //  string  name
    //  string  data
    //  ....    in the order of the names, each once
    private static Dictionary<string, byte[]> ReadOptions(ReadOnlySpan<byte> list)
    {
        var options = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var reader = new SshReader(list);
        ReadOnlySpan<byte> previous = [];
        while (reader.Remaining > 0)
        {
            ReadOnlySpan<byte> name = reader.ReadString();
            if (name.SequenceCompareTo(previous) <= 0 || options.Count == MaxOptions)
            {
                throw new SshFormatException("a certificate whose options are out of order or too many");
            }
            options.Add(Encoding.Latin1.GetString(name), reader.ReadString().ToArray());
            previous = name;
        }
        return options;
    }
}

/// <summary>What a certificate is for: OpenSSH PROTOCOL.certkeys.</summary>
internal enum CertificateType : uint
{
    User = 1,
    Host = 2,
}
