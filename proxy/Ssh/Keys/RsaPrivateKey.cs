using System.Security.Cryptography;
using SshGateway.Shared.Ssh;

namespace SshGateway.Proxy.Ssh.Keys;

/// <summary>RSA with SHA-2 (RFC 8332).</summary>
internal sealed class RsaPrivateKey(SshPublicKey publicKey, RSA key) : SshPrivateKey(publicKey)
{
    public override void Dispose() => key.Dispose();

    protected override byte[] SignValue(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data) =>
        key.SignData(data, algorithm.Hash, RSASignaturePadding.Pkcs1);
}
