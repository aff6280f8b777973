using System.Text;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>
/// The gateway's own host keys. Of several keys of one type the first one signs; the others are announced, so that
/// clients know them before it is their turn.
/// </summary>
internal sealed class HostKeySet
{
    /// <summary>What announces and proves them has to fit into a leg's reserve.</summary>
    private const int Maximum = 8;

    private readonly IReadOnlyList<SshPrivateKey> _keys;
    private readonly IReadOnlyDictionary<SshPrivateKey, byte[]> _certificates;

    /// <param name="certificates">The certificates of some of them, in the SSH wire format, for clients that trust a
    /// CA.</param>
    /// <exception cref="SshFormatException">There are too many.</exception>
    public HostKeySet(IReadOnlyList<SshPrivateKey> keys, IReadOnlyDictionary<SshPrivateKey, byte[]>? certificates = null)
    {
        _keys = keys;
        _certificates = certificates ?? new Dictionary<SshPrivateKey, byte[]>();
        if (keys.Count > Maximum)
        {
            throw new SshFormatException($"Proxy:HostKeys has {keys.Count} keys; clients are told about at most {Maximum}, so remove the others");
        }
        // Plain keys first, as sshd lists them: a client's order decides, and clients that guess the first exchange
        // guess at the first name.
        Algorithms =
        [
            .. PublicKeyAlgorithm.HostKeys.Concat(PublicKeyAlgorithm.HostCertificates)
                .Where(algorithm => FindKey(algorithm) is not null).Select(algorithm => algorithm.Name),
        ];
    }

    /// <summary>The keys, the preferred one of each type first.</summary>
    public IReadOnlyList<SshPrivateKey> Keys => _keys;

    /// <summary>The signature algorithms of the keys, in order of preference, for KEXINIT.</summary>
    public IReadOnlyList<string> Algorithms { get; }

    public IEnumerable<SshPublicKey> PublicKeys => _keys.Select(key => key.PublicKey);

    /// <summary>For a negotiated name: the signing key, how it signs, and the key or certificate to show.</summary>
    public (SshPrivateKey Key, SignatureAlgorithm Algorithm, ReadOnlyMemory<byte> Blob) Find(string algorithmName)
    {
        PublicKeyAlgorithm algorithm = PublicKeyAlgorithm.Find(Encoding.ASCII.GetBytes(algorithmName))!;
        SshPrivateKey key = FindKey(algorithm)!;
        return (key, algorithm.Signature, algorithm.IsCertificate ? _certificates[key] : key.PublicKey.Blob);
    }

    /// <summary>The private key of a public one; null: it is none of ours.</summary>
    public SshPrivateKey? Find(ReadOnlySpan<byte> blob)
    {
        foreach (SshPrivateKey key in _keys)
        {
            if (blob.SequenceEqual(key.PublicKey.Blob.Span))
            {
                return key;
            }
        }
        return null;
    }

    private SshPrivateKey? FindKey(PublicKeyAlgorithm algorithm) => _keys.FirstOrDefault(key =>
        key.PublicKey.Type == algorithm.Signature.KeyType
        && (!algorithm.IsCertificate || _certificates.ContainsKey(key)));
}
