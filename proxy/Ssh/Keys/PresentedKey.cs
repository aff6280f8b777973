using SshGateway.Shared.Ssh;

namespace SshGateway.Proxy.Ssh.Keys;

/// <summary>What a peer shows to be known by: a key, and the certificate that it came in, if it did.</summary>
/// <param name="Key">The key that signs.</param>
/// <param name="Certificate">Who says whose key it is. Nothing of it has been checked but its form.</param>
internal sealed record PresentedKey(SshPublicKey Key, SshCertificate? Certificate = null)
{
    /// <summary>Reads the blob that comes with an algorithm.</summary>
    /// <exception cref="SshFormatException">It is malformed, or not what the algorithm says.</exception>
    public static PresentedKey Parse(PublicKeyAlgorithm algorithm, ReadOnlySpan<byte> blob)
    {
        SshCertificate? certificate = algorithm.IsCertificate ? SshCertificate.Parse(blob) : null;
        SshPublicKey key = certificate?.Key ?? SshPublicKey.Parse(blob);
        return key.Type == algorithm.Signature.KeyType
            ? new PresentedKey(key, certificate)
            : throw new SshFormatException($"a key of type {key.Type} for the algorithm {algorithm.Name}");
    }
}
