using System.Security.Cryptography;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>RSA with SHA-2 (RFC 8332).</summary>
internal sealed class RsaPrivateKey(SshPublicKey publicKey, RSA key) : SshPrivateKey(publicKey)
{
    /// <summary>A new key of 3072 bits, which is what ssh-keygen makes.</summary>
    public static RsaPrivateKey Generate()
    {
        var key = RSA.Create(3072);
        RSAParameters parameters = key.ExportParameters(includePrivateParameters: false);
        byte[] blob = new SshWriter(512).WriteString(SshKeyTypes.Rsa).WritePositiveMpint(parameters.Exponent).WritePositiveMpint(parameters.Modulus).ToArray();
        return new RsaPrivateKey(SshPublicKey.Parse(blob), key);
    }

    public override void Dispose() => key.Dispose();

    public override void WriteFields(SshWriter writer)
    {
        RSAParameters parameters = key.ExportParameters(includePrivateParameters: true);
        writer.WritePositiveMpint(parameters.Modulus).WritePositiveMpint(parameters.Exponent).WritePositiveMpint(parameters.D)
            .WritePositiveMpint(parameters.InverseQ).WritePositiveMpint(parameters.P).WritePositiveMpint(parameters.Q);
        Overwrite(parameters);
    }

    /// <summary>Overwrites the private numbers.</summary>
    public static void Overwrite(RSAParameters parameters)
    {
        foreach (byte[]? secret in new[] { parameters.D, parameters.InverseQ, parameters.P, parameters.Q, parameters.DP, parameters.DQ })
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    protected override byte[] SignValue(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data) =>
        key.SignData(data, algorithm.Hash, RSASignaturePadding.Pkcs1);
}
