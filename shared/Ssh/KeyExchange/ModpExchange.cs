using System.Numerics;
using System.Text;
using SshGateway.Ssh.Crypto;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>diffie-hellman-group*: RFC 4253 section 8 with the groups of RFC 3526, for old clients.</summary>
/// <param name="group">libcrypto's name of the group, such as <c>modp_2048</c>.</param>
/// <param name="size">Bytes of the prime.</param>
internal sealed unsafe class ModpExchange(string group, int size) : DiffieHellmanExchange
{
    // OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY: EVP_PKEY_PUBLIC_KEY of openssl/evp.h.
    private const int SelectPublicKey = 0x86;

    private PkeyHandle? _own;

    public override byte[] Initiate()
    {
        using PkeyContextHandle context = NewContext();
        LibCrypto.Check(LibCrypto.EVP_PKEY_keygen_init(context), nameof(LibCrypto.EVP_PKEY_keygen_init));
        byte[] groupName = Encoding.ASCII.GetBytes(group);
        fixed (byte* groupKey = "group\0"u8)
        fixed (byte* groupValue = groupName)
        {
            OsslParam* parameters = stackalloc OsslParam[2];
            parameters[0] = new OsslParam(groupKey, OsslParam.Utf8String, groupValue, groupName.Length);
            parameters[1] = default;
            LibCrypto.Check(LibCrypto.EVP_PKEY_CTX_set_params(context, parameters), nameof(LibCrypto.EVP_PKEY_CTX_set_params));
        }
        LibCrypto.Check(LibCrypto.EVP_PKEY_generate(context, out nint key), nameof(LibCrypto.EVP_PKEY_generate));
        _own = new PkeyHandle(key);
        return MpintBody(Number(_own, "pub"));
    }

    protected override byte[] Derive(ReadOnlySpan<byte> peerValue)
    {
        byte[] number = CheckRange(peerValue);
        using PkeyHandle peer = ImportPublic(number);
        return SharedSecret.Derive(_own!, peer, size) ?? throw BadValue("Diffie-Hellman");
    }

    public override void Dispose() => _own?.Dispose();

    /// <summary>
    /// RFC 4253 section 8 demands 1 &lt;= e &lt;= p-1; the ends are refused as well, since they force K to 1 or p-1.
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
        var prime = new BigInteger(Number(_own!, "p"), isUnsigned: true, isBigEndian: true);
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
        for (int i = 0; i < bigEndian.Length; i++)
        {
            native[i] = bigEndian[bigEndian.Length - 1 - i];
        }
        byte[] groupName = Encoding.ASCII.GetBytes(group);
        using PkeyContextHandle context = NewContext();
        LibCrypto.Check(LibCrypto.EVP_PKEY_fromdata_init(context), nameof(LibCrypto.EVP_PKEY_fromdata_init));
        fixed (byte* groupKey = "group\0"u8)
        fixed (byte* groupValue = groupName)
        fixed (byte* publicKey = "pub\0"u8)
        fixed (byte* publicValue = native)
        {
            OsslParam* parameters = stackalloc OsslParam[3];
            parameters[0] = new OsslParam(groupKey, OsslParam.Utf8String, groupValue, groupName.Length);
            parameters[1] = new OsslParam(publicKey, OsslParam.UnsignedInteger, publicValue, native.Length);
            parameters[2] = default;
            LibCrypto.Check(LibCrypto.EVP_PKEY_fromdata(context, out nint key, SelectPublicKey, parameters), nameof(LibCrypto.EVP_PKEY_fromdata));
            return new PkeyHandle(key);
        }
    }

    private static PkeyContextHandle NewContext() => LibCrypto.Check(
        LibCrypto.EVP_PKEY_CTX_new_from_name(0, "DH", null), nameof(LibCrypto.EVP_PKEY_CTX_new_from_name));

    private static byte[] Number(PkeyHandle key, string name)
    {
        LibCrypto.Check(LibCrypto.EVP_PKEY_get_bn_param(key, name, out nint bigNumber), nameof(LibCrypto.EVP_PKEY_get_bn_param));
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
