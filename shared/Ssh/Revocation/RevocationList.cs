using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Revocation;

/// <summary>
/// The keys and certificates that may not log in any more: sshd's RevokedKeys. The file is an OpenSSH KRL, or one
/// public key a line; both revoke a key, the certificates of a key, and everything that a CA has signed.
/// </summary>
internal sealed class RevocationList
{
    /// <summary>The largest file that is read.</summary>
    public const int MaxSize = 16 * 1024 * 1024;

    // A bitmap of 2 KiB expands to 8192 ranges. A million entries take about 50 MiB.
    private const int MaxEntries = 1_000_000;

    private readonly HashSet<KeyDigest> _sha256 = [];
    private readonly HashSet<KeyDigest> _sha1 = [];
    private readonly Dictionary<KeyDigest, RevokedCertificates> _byCA = [];
    private readonly RevokedCertificates _ofEveryCA = new();

    public static RevocationList Empty { get; } = new();

    /// <summary>How many keys, hashes, key ids and ranges of serials it was read from.</summary>
    public int Count { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="SshFormatException">It cannot be understood in full; the message says where.</exception>
    public static RevocationList Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length > MaxSize)
        {
            throw new SshFormatException($"it has more than {MaxSize} bytes");
        }
        var list = new RevocationList();
        if (KrlReader.IsKrl(file))
        {
            KrlReader.Read(file, list);
        }
        else
        {
            RevokedKeyLine.ReadAll(file, list);
        }
        list._ofEveryCA.Complete();
        foreach (RevokedCertificates certificates in list._byCA.Values)
        {
            certificates.Complete();
        }
        return list;
    }

    public void AddKey(ReadOnlySpan<byte> blob) => AddSha256(KeyDigest.Sha256Of(blob));

    public void AddSha256(KeyDigest hash)
    {
        CountEntry();
        _sha256.Add(hash);
    }

    public void AddSha1(KeyDigest hash)
    {
        CountEntry();
        _sha1.Add(hash);
    }

    /// <summary>The certificates of a CA; null: of every CA.</summary>
    public RevokedCertificates CertificatesOf(SshPublicKey? ca)
    {
        if (ca is null)
        {
            return _ofEveryCA;
        }
        KeyDigest digest = KeyDigest.Sha256Of(ca.Blob.Span);
        if (!_byCA.TryGetValue(digest, out RevokedCertificates? certificates))
        {
            _byCA.Add(digest, certificates = new RevokedCertificates());
        }
        return certificates;
    }

    /// <summary>Counts what is put into <see cref="CertificatesOf"/>.</summary>
    /// <exception cref="SshFormatException">There is too much.</exception>
    public void CountEntry()
    {
        if (++Count > MaxEntries)
        {
            throw new SshFormatException($"it revokes more than {MaxEntries} keys, key ids and ranges of serials");
        }
    }

    /// <summary>
    /// Why this must not log in, in words that follow "the key" or "the certificate"; null: it may. As krl.c,
    /// ssh_krl_check_key, in its order.
    /// </summary>
    public string? FindReason(SshPublicKey key, SshCertificate? certificate)
    {
        if (Count == 0)
        {
            return null;
        }
        if (Contains(key))
        {
            return "is revoked by its key";
        }
        if (certificate is null)
        {
            return null;
        }
        return FindReason(certificate, _byCA.GetValueOrDefault(KeyDigest.Sha256Of(certificate.SignatureKey.Blob.Span)))
            ?? FindReason(certificate, _ofEveryCA)
            ?? (Contains(certificate.SignatureKey) ? "is revoked by its CA" : null);
    }

    private static string? FindReason(SshCertificate certificate, RevokedCertificates? revoked) =>
        revoked is null ? null
        : revoked.ContainsKeyId(certificate.KeyId) ? "is revoked by its key id"
        : revoked.ContainsSerial(certificate.Serial) ? "is revoked by its serial"
        : null;

    private bool Contains(SshPublicKey key) =>
        _sha256.Contains(KeyDigest.Sha256Of(key.Blob.Span))
        || (_sha1.Count > 0 && _sha1.Contains(KeyDigest.Sha1Of(key.Blob.Span)));
}
