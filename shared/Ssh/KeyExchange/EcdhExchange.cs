using SshGateway.Ssh.Crypto;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>ecdh-sha2-*: RFC 5656 section 4.</summary>
/// <param name="curve">libcrypto's name of the curve, such as <c>prime256v1</c>.</param>
/// <param name="fieldSize">Bytes of a coordinate.</param>
internal sealed unsafe class EcdhExchange(string curve, int fieldSize) : DiffieHellmanExchange
{
    private const string KeyType = "EC";
    private const byte Uncompressed = 4;

    private readonly int _pointSize = 1 + (2 * fieldSize);

    public override byte[] Initiate()
    {
        Own = GroupKey.Generate(KeyType, curve);
        byte[] point = new byte[_pointSize];
        fixed (byte* pointer = point)
        {
            LibCrypto.Check(
                LibCrypto.EVP_PKEY_get_octet_string_param(Own, "encoded-pub-key", pointer, (nuint)point.Length, out nuint length));
            return length == (nuint)_pointSize && point[0] == Uncompressed ? point : throw new InvalidOperationException("libcrypto encodes points in another form");
        }
    }

    protected override byte[] Derive(ReadOnlySpan<byte> peerValue)
    {
        // The form excludes the point at infinity, which has one byte.
        if (peerValue.Length != _pointSize || peerValue[0] != Uncompressed)
        {
            throw BadValue("ECDH");
        }
        // The import refuses coordinates that are no field elements and points that are not on the curve. The curves
        // have prime order, so there are no small subgroups.
        using PkeyHandle peer = GroupKey.ImportPublic(KeyType, curve, OsslParam.OctetString, peerValue) ?? throw BadValue("ECDH");
        return SharedSecret.Derive(Own!, peer, fieldSize) ?? throw BadValue("ECDH");
    }
}
