using System.Security.Cryptography;
using SshGateway.Proxy.Ssh.Wire;
using SshGateway.Shared.Ssh;

namespace SshGateway.Proxy.Ssh.Keys;

/// <summary>ECDSA (RFC 5656).</summary>
internal sealed class EcdsaPrivateKey(SshPublicKey publicKey, ECDsa key) : SshPrivateKey(publicKey)
{
    public override void Dispose() => key.Dispose();

    protected override byte[] SignValue(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data)
    {
        byte[] joined = key.SignData(data, algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return new SshWriter()
            .WritePositiveMpint(joined.AsSpan(0, joined.Length / 2))
            .WritePositiveMpint(joined.AsSpan(joined.Length / 2))
            .ToArray();
    }
}
