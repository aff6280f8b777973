using System.Text;

namespace SshGateway.Ssh.Crypto;

/// <summary>Keys over a named group: points of a curve ("EC") or numbers modulo a prime ("DH").</summary>
internal static unsafe class GroupKey
{
    // OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY: EVP_PKEY_PUBLIC_KEY of openssl/evp.h.
    private const int SelectPublicKey = 0x86;

    /// <summary>A new key pair.</summary>
    public static PkeyHandle Generate(string type, string group)
    {
        using PkeyContextHandle context = NewContext(type);
        LibCrypto.Check(LibCrypto.EVP_PKEY_keygen_init(context));
        byte[] groupName = Encoding.ASCII.GetBytes(group);
        fixed (byte* groupKey = "group\0"u8)
        fixed (byte* groupValue = groupName)
        {
            OsslParam* parameters = stackalloc OsslParam[2];
            parameters[0] = new OsslParam(groupKey, OsslParam.Utf8String, groupValue, groupName.Length);
            parameters[1] = default;
            LibCrypto.Check(LibCrypto.EVP_PKEY_CTX_set_params(context, parameters));
        }
        LibCrypto.Check(LibCrypto.EVP_PKEY_generate(context, out nint key));
        return new PkeyHandle(key);
    }

    /// <summary>A peer's public key; null: libcrypto does not take it, as a point that is not on the curve.</summary>
    /// <param name="group">libcrypto's name of the group.</param>
    /// <param name="dataType">How the value is encoded, by the numbers of openssl/core.h.</param>
    public static PkeyHandle? ImportPublic(string type, string group, uint dataType, ReadOnlySpan<byte> value)
    {
        byte[] groupName = Encoding.ASCII.GetBytes(group);
        using PkeyContextHandle context = NewContext(type);
        LibCrypto.Check(LibCrypto.EVP_PKEY_fromdata_init(context));
        fixed (byte* groupKey = "group\0"u8)
        fixed (byte* groupValue = groupName)
        fixed (byte* publicKey = "pub\0"u8)
        fixed (byte* publicValue = value)
        {
            OsslParam* parameters = stackalloc OsslParam[3];
            parameters[0] = new OsslParam(groupKey, OsslParam.Utf8String, groupValue, groupName.Length);
            parameters[1] = new OsslParam(publicKey, dataType, publicValue, value.Length);
            parameters[2] = default;
            if (LibCrypto.EVP_PKEY_fromdata(context, out nint key, SelectPublicKey, parameters) != 1)
            {
                LibCrypto.ERR_clear_error();
                return null;
            }
            return new PkeyHandle(key);
        }
    }

    private static PkeyContextHandle NewContext(string type) => LibCrypto.Check(LibCrypto.EVP_PKEY_CTX_new_from_name(0, type, null));
}
