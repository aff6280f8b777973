using System.Security.Cryptography;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>ECDSA (RFC 5656).</summary>
internal sealed class EcdsaPrivateKey(SshPublicKey publicKey, ECDsa key) : SshPrivateKey(publicKey)
{
    /// <summary>A new key on the curve P-256.</summary>
    public static EcdsaPrivateKey Generate()
    {
        var curve = EcdsaCurve.Find("nistp256");
        var key = ECDsa.Create(curve.Curve);
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        byte[] blob = new SshWriter().WriteString(curve.KeyType).WriteString(curve.Name).WriteString([4, .. point.X!, .. point.Y!]).ToArray();
        return new EcdsaPrivateKey(SshPublicKey.Parse(blob), key);
    }

    public override void Dispose() => key.Dispose();

    public override void WriteFields(SshWriter writer)
    {
        var publicKey = new SshReader(PublicKey.Blob.Span);
        publicKey.ReadString();
        byte[] scalar = key.ExportParameters(includePrivateParameters: true).D!;
        writer.WriteString(publicKey.ReadString()).WriteString(publicKey.ReadString()).WritePositiveMpint(scalar);
        CryptographicOperations.ZeroMemory(scalar);
    }

    protected override byte[] SignValue(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data)
    {
        byte[] joined = key.SignData(data, algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return new SshWriter()
            .WritePositiveMpint(joined.AsSpan(0, joined.Length / 2))
            .WritePositiveMpint(joined.AsSpan(joined.Length / 2))
            .ToArray();
    }
}
