using System.Numerics;
using SshGateway.Ssh.Crypto;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>diffie-hellman-group*: RFC 4253 section 8 with the groups of RFC 3526, for old clients.</summary>
/// <param name="group">libcrypto's name of the group, such as <c>modp_2048</c>.</param>
/// <param name="size">Bytes of the prime.</param>
internal sealed unsafe class ModpExchange(string group, int size) : DiffieHellmanExchange
{
    private const string KeyType = "DH";

    public override byte[] Initiate()
    {
        Own = GroupKey.Generate(KeyType, group);
        return MpintBody(Number(Own, "pub"));
    }

    protected override byte[] Derive(ReadOnlySpan<byte> peerValue)
    {
        byte[] number = CheckRange(peerValue);
        using PkeyHandle peer = ImportPublic(number);
        return SharedSecret.Derive(Own!, peer, size) ?? throw BadValue("Diffie-Hellman");
    }

    /// <summary>
    /// RFC 4253 section 8 demands 1 &lt;= e &lt;= p-1; the ends are refused as well, since they force K to 1 or p-1.
    /// The primes are safe ones: nothing else is in a small subgroup.
    /// </summary>
    private byte[] CheckRange(ReadOnlySpan<byte> mpintBody)
    {
        ReadOnlySpan<byte> magnitude;
        try
        {
            var reader = new SshReader(new SshWriter().WriteString(mpintBody).Written);
            magnitude = reader.ReadPositiveMpint();
        }
        catch (SshFormatException)
        {
            throw BadValue("Diffie-Hellman");
        }
        if (magnitude.Length > size)
        {
            throw BadValue("Diffie-Hellman");
        }
        var value = new BigInteger(magnitude, isUnsigned: true, isBigEndian: true);
        var prime = new BigInteger(Number(Own!, "p"), isUnsigned: true, isBigEndian: true);
        if (value <= 1 || value >= prime - 1)
        {
            throw BadValue("Diffie-Hellman");
        }
        return magnitude.ToArray();
    }

    private PkeyHandle ImportPublic(byte[] bigEndian)
    {
        // OSSL_PARAM integers are in the machine's order, which is little-endian on everything that .NET and we
        // support.
        byte[] native = new byte[size];
        bigEndian.CopyTo(native, 0);
        native.AsSpan(0, bigEndian.Length).Reverse();
        return GroupKey.ImportPublic(KeyType, group, OsslParam.UnsignedInteger, native) ?? throw BadValue("Diffie-Hellman");
    }

    private static byte[] Number(PkeyHandle key, string name)
    {
        LibCrypto.Check(LibCrypto.EVP_PKEY_get_bn_param(key, name, out nint bigNumber));
        byte[] bytes = new byte[(LibCrypto.BN_num_bits(bigNumber) + 7) / 8];
        fixed (byte* pointer = bytes)
        {
            _ = LibCrypto.BN_bn2bin(bigNumber, pointer);
        }
        LibCrypto.BN_clear_free(bigNumber);
        return bytes;
    }

    private static byte[] MpintBody(byte[] number) => (number[0] & 0x80) == 0 ? number : [0, .. number];
}
