using System.Security.Cryptography;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>Fresh keys of every type.</summary>
internal static class PrivateKeys
{
    public static SshPrivateKey Generate(string keyType) => keyType switch
    {
        SshKeyTypes.Ed25519 => Ed25519PrivateKey.Generate(),
        SshKeyTypes.Rsa => Rsa(),
        SshKeyTypes.EcdsaP256 => Ecdsa("nistp256"),
        SshKeyTypes.EcdsaP384 => Ecdsa("nistp384"),
        SshKeyTypes.EcdsaP521 => Ecdsa("nistp521"),
        _ => throw new ArgumentOutOfRangeException(nameof(keyType)),
    };

    private static RsaPrivateKey Rsa()
    {
        var rsa = RSA.Create(2048);
        RSAParameters numbers = rsa.ExportParameters(includePrivateParameters: false);
        byte[] blob = new SshWriter().WriteString(SshKeyTypes.Rsa).WritePositiveMpint(numbers.Exponent).WritePositiveMpint(numbers.Modulus).ToArray();
        return new RsaPrivateKey(SshPublicKey.Parse(blob), rsa);
    }

    private static EcdsaPrivateKey Ecdsa(string name)
    {
        EcdsaCurve curve = EcdsaCurve.Find(name);
        var key = ECDsa.Create(curve.Curve);
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        byte[] blob = new SshWriter().WriteString(curve.KeyType).WriteString(name).WriteString([4, .. point.X!, .. point.Y!]).ToArray();
        return new EcdsaPrivateKey(SshPublicKey.Parse(blob), key);
    }
}
