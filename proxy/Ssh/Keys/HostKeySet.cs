using SshGateway.Shared.Ssh;
using SshGateway.Shared.Ssh.Keys;

namespace SshGateway.Proxy.Ssh.Keys;

/// <summary>The gateway's own host keys, at most one of each type.</summary>
internal sealed class HostKeySet
{
    private readonly IReadOnlyList<SshPrivateKey> _keys;

    /// <exception cref="SshFormatException">Two keys of a type.</exception>
    public HostKeySet(IReadOnlyList<SshPrivateKey> keys)
    {
        _keys = keys;
        if (keys.GroupBy(key => key.PublicKey.Type).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new SshFormatException($"Proxy:HostKeys names two {twice.Key} keys; a client could be shown only one of them, so remove the other");
        }
        Algorithms = [.. SignatureAlgorithm.All
            .Where(algorithm => keys.Any(key => key.PublicKey.Type == algorithm.KeyType))
            .Select(algorithm => algorithm.Name)];
    }

    /// <summary>The signature algorithms of the keys, in order of preference, for KEXINIT.</summary>
    public IReadOnlyList<string> Algorithms { get; }

    public IEnumerable<SshPublicKey> PublicKeys => _keys.Select(key => key.PublicKey);

    /// <summary>The key and algorithm for a negotiated name.</summary>
    public (SshPrivateKey Key, SignatureAlgorithm Algorithm) For(string algorithmName)
    {
        SignatureAlgorithm algorithm = SignatureAlgorithm.All.First(known => known.Name == algorithmName);
        return (_keys.First(key => key.PublicKey.Type == algorithm.KeyType), algorithm);
    }
}
