using System.Security.Cryptography;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>ecdh-sha2-*: RFC 5656 section 4.</summary>
/// <param name="curve">The curve.</param>
/// <param name="fieldSize">Bytes of a coordinate.</param>
internal sealed class EcdhExchange(ECCurve curve, int fieldSize) : DiffieHellmanExchange
{
    private const byte Uncompressed = 4;

    private ECDiffieHellman? _own;

    public override byte[] Initiate()
    {
        _own = ECDiffieHellman.Create(curve);
        ECPoint point = _own.ExportParameters(includePrivateParameters: false).Q;
        return [Uncompressed, .. point.X!, .. point.Y!];
    }

    protected override byte[] Derive(ReadOnlySpan<byte> peerValue)
    {
        if (peerValue.Length != 1 + (2 * fieldSize) || peerValue[0] != Uncompressed)
        {
            throw BadValue("ECDH");
        }
        var parameters = new ECParameters
        {
            Curve = curve,
            Q = new ECPoint { X = peerValue.Slice(1, fieldSize).ToArray(), Y = peerValue[(1 + fieldSize)..].ToArray() },
        };
        try
        {
            // The import checks that the point is on the curve; these curves have no small subgroups.
            using ECDiffieHellman peer = ECDiffieHellman.Create(parameters);
            using ECDiffieHellmanPublicKey publicKey = peer.PublicKey;
            return _own!.DeriveRawSecretAgreement(publicKey);
        }
        catch (CryptographicException)
        {
            throw BadValue("ECDH");
        }
    }

    public override void Dispose() => _own?.Dispose();
}
