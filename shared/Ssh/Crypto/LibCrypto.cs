using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SshGateway.Ssh.Crypto;

/// <summary>
/// Every function that is called in OpenSSL's libcrypto (3.0 or later), for what .NET does not offer: X25519, Ed25519,
/// key agreement without a second check of the peer's key, AES-CTR, the two halves of chacha20-poly1305@openssh.com,
/// and AES-GCM with a context that is kept from packet to packet. Functions on the packet path take a raw context:
/// their callers own the handle and are the only ones to use it.
/// </summary>
internal static unsafe partial class LibCrypto
{
    // The soname, not "libcrypto.so": that one is a link of the -dev package.
    private const string Library = "libcrypto.so.3";

    public const int EvpPkeyX25519 = 1034;
    public const int EvpPkeyEd25519 = 1087;
    public const int ControlAeadGetTag = 0x10;
    public const int ControlAeadSetTag = 0x11;
    public const int Encrypt = 1;
    public const int Decrypt = 0;

    // Ciphers. EVP_aes_* return static objects: nothing to free.
    [LibraryImport(Library)]
    public static partial nint EVP_aes_128_gcm();

    [LibraryImport(Library)]
    public static partial nint EVP_aes_256_gcm();

    [LibraryImport(Library)]
    public static partial nint EVP_aes_128_ctr();

    [LibraryImport(Library)]
    public static partial nint EVP_aes_192_ctr();

    [LibraryImport(Library)]
    public static partial nint EVP_aes_256_ctr();

    [LibraryImport(Library)]
    public static partial nint EVP_chacha20();

    [LibraryImport(Library)]
    public static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    public static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial int EVP_CipherInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);

    [LibraryImport(Library)]
    public static partial int EVP_CipherUpdate(nint context, byte* output, out int outputLength, byte* input, int inputLength);

    [LibraryImport(Library)]
    public static partial int EVP_CipherFinal_ex(nint context, byte* output, out int outputLength);

    [LibraryImport(Library)]
    public static partial int EVP_CIPHER_CTX_ctrl(nint context, int type, int argument, void* pointer);

    // Poly1305.
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint EVP_MAC_fetch(nint libraryContext, string algorithm, string? properties);

    [LibraryImport(Library)]
    public static partial MacContextHandle EVP_MAC_CTX_new(nint mac);

    [LibraryImport(Library)]
    public static partial void EVP_MAC_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial int EVP_MAC_init(nint context, byte* key, nuint keyLength, nint parameters);

    [LibraryImport(Library)]
    public static partial int EVP_MAC_update(nint context, byte* data, nuint length);

    [LibraryImport(Library)]
    public static partial int EVP_MAC_final(nint context, byte* output, out nuint outputLength, nuint outputSize);

    // Asymmetric keys.
    [LibraryImport(Library)]
    public static partial PkeyHandle EVP_PKEY_new_raw_private_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    public static partial PkeyHandle EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_get_raw_private_key(PkeyHandle key, byte* output, ref nuint length);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_get_raw_public_key(PkeyHandle key, byte* output, ref nuint length);

    [LibraryImport(Library)]
    public static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    public static partial PkeyContextHandle EVP_PKEY_CTX_new(PkeyHandle key, nint engine);

    [LibraryImport(Library)]
    public static partial PkeyContextHandle EVP_PKEY_CTX_new_id(int type, nint engine);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial PkeyContextHandle EVP_PKEY_CTX_new_from_name(nint libraryContext, string name, string? properties);

    [LibraryImport(Library)]
    public static partial void EVP_PKEY_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_keygen_init(PkeyContextHandle context);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_generate(PkeyContextHandle context, out nint key);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_fromdata_init(PkeyContextHandle context);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_fromdata(PkeyContextHandle context, out nint key, int selection, OsslParam* parameters);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_CTX_set_params(PkeyContextHandle context, OsslParam* parameters);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int EVP_PKEY_get_bn_param(PkeyHandle key, string name, out nint bigNumber);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int EVP_PKEY_get_octet_string_param(PkeyHandle key, string name, byte* output, nuint outputSize, out nuint length);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_derive_init(PkeyContextHandle context);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_derive_set_peer_ex(PkeyContextHandle context, PkeyHandle peer, int validatePeer);

    [LibraryImport(Library)]
    public static partial int EVP_PKEY_derive(PkeyContextHandle context, byte* secret, ref nuint length);

    [LibraryImport(Library)]
    public static partial int BN_num_bits(nint bigNumber);

    [LibraryImport(Library)]
    public static partial int BN_bn2bin(nint bigNumber, byte* output);

    [LibraryImport(Library)]
    public static partial void BN_clear_free(nint bigNumber);

    // Ed25519 signatures.
    [LibraryImport(Library)]
    public static partial DigestContextHandle EVP_MD_CTX_new();

    [LibraryImport(Library)]
    public static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial int EVP_DigestSignInit(DigestContextHandle context, nint pkeyContext, nint digest, nint engine, PkeyHandle key);

    [LibraryImport(Library)]
    public static partial int EVP_DigestSign(DigestContextHandle context, byte* signature, ref nuint signatureLength, byte* data, nuint dataLength);

    [LibraryImport(Library)]
    public static partial int EVP_DigestVerifyInit(DigestContextHandle context, nint pkeyContext, nint digest, nint engine, PkeyHandle key);

    [LibraryImport(Library)]
    public static partial int EVP_DigestVerify(DigestContextHandle context, byte* signature, nuint signatureLength, byte* data, nuint dataLength);

    [LibraryImport(Library)]
    public static partial void ERR_clear_error();

    /// <summary>Throws if a call did not return 1; empties the thread's error queue, which .NET reads too.</summary>
    public static void Check(int result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != 1)
        {
            ERR_clear_error();
            string function = call.Split('(')[0].Replace($"{nameof(LibCrypto)}.", "", StringComparison.Ordinal);
            throw new CryptographicException($"{function} failed in libcrypto");
        }
    }

    /// <summary>Throws when OpenSSL could not make an object.</summary>
    public static T Check<T>(T handle, [CallerArgumentExpression(nameof(handle))] string call = "") where T : SafeHandle
    {
        if (handle.IsInvalid)
        {
            handle.Dispose();
            Check(0, call);
        }
        return handle;
    }
}
