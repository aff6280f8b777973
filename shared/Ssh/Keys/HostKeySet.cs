using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>
/// The gateway's own host keys. Of several keys of one type the first one signs; the others are announced, so that clients know them before it is their
/// turn.
/// </summary>
internal sealed class HostKeySet
{
    /// <summary>What announces and proves them has to fit into a leg's reserve.</summary>
    private const int Maximum = 8;

    private readonly IReadOnlyList<SshPrivateKey> _keys;

    /// <exception cref="SshFormatException">There are too many.</exception>
    public HostKeySet(IReadOnlyList<SshPrivateKey> keys)
    {
        _keys = keys;
        if (keys.Count > Maximum)
        {
            throw new SshFormatException($"Proxy:HostKeys has {keys.Count} keys; clients are told about at most {Maximum}, so remove the others");
        }
        Algorithms = [.. SignatureAlgorithm.All
            .Where(algorithm => keys.Any(key => key.PublicKey.Type == algorithm.KeyType))
            .Select(algorithm => algorithm.Name)];
    }

    /// <summary>The signature algorithms of the keys, in order of preference, for KEXINIT.</summary>
    public IReadOnlyList<string> Algorithms { get; }

    public IEnumerable<SshPublicKey> PublicKeys => _keys.Select(key => key.PublicKey);

    /// <summary>The key and algorithm for a negotiated name.</summary>
    public (SshPrivateKey Key, SignatureAlgorithm Algorithm) Find(string algorithmName)
    {
        SignatureAlgorithm algorithm = SignatureAlgorithm.All.First(known => known.Name == algorithmName);
        return (_keys.First(key => key.PublicKey.Type == algorithm.KeyType), algorithm);
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
}
