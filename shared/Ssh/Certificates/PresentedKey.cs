using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Certificates;

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
        SshPublicKey key = certificate?.Key ?? ParseKey(blob);
        return key.Type == algorithm.Signature.KeyType
            ? new PresentedKey(key, certificate)
            : throw new SshFormatException($"a key of type {key.Type} for the algorithm {algorithm.Name}");
    }

    /// <summary>
    /// Reads a plain key of a peer. RSA's signature algorithms name the key type as well, as for OpenSSH (sshkey.c,
    /// sshkey_type_from_name), though RFC 8332 section 3 keeps the name ssh-rsa for the key; the key that comes out of
    /// it has that name.
    /// </summary>
    /// <exception cref="SshFormatException">It is malformed.</exception>
    public static SshPublicKey ParseKey(ReadOnlySpan<byte> blob)
    {
        var reader = new SshReader(blob);
        return PublicKeyAlgorithm.Find(reader.ReadString()) is { IsCertificate: false, Signature.KeyType: SshKeyTypes.Rsa }
            ? SshPublicKey.Parse(new SshWriter(blob.Length).WriteString(SshKeyTypes.Rsa).WriteBytes(reader.ReadRest()).Written)
            : SshPublicKey.Parse(blob);
    }
}
