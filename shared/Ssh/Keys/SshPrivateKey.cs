using SshGateway.Ssh.Wire;


namespace SshGateway.Ssh.Keys;

/// <summary>A private key that signs: a host's, the user CA's or one connection's certificate's. Thread-safe.</summary>
internal abstract class SshPrivateKey(SshPublicKey publicKey) : IDisposable
{
    public SshPublicKey PublicKey { get; } = publicKey;

    /// <summary>The preferred one of its type's algorithms.</summary>
    public SignatureAlgorithm PreferredAlgorithm { get; } = SignatureAlgorithm.OfKeyType(publicKey.Type).First();

    /// <summary>A signature in the SSH wire format: algorithm name and value.</summary>
    /// <param name="algorithm">One of the key type's algorithms.</param>
    public byte[] Sign(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data)
    {
        if (algorithm.KeyType != PublicKey.Type)
        {
            throw new ArgumentException($"a {PublicKey.Type} key makes no {algorithm.Name} signatures", nameof(algorithm));
        }
        return new SshWriter().WriteString(algorithm.Name).WriteString(SignValue(algorithm, data)).ToArray();
    }

    /// <summary>A signature by <see cref="PreferredAlgorithm"/>.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => Sign(PreferredAlgorithm, data);

    public abstract void Dispose();

    /// <summary>Writes the type's fields of a private key file, behind the type's name (PROTOCOL.key).</summary>
    public abstract void WriteFields(SshWriter writer);

    protected abstract byte[] SignValue(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data);
}
