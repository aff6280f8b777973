using SshGateway.Ssh.Crypto;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>Key agreement through libcrypto.</summary>
internal static unsafe class SharedSecret
{
    /// <summary>
    /// The agreed number, or null when it is not acceptable: libcrypto refuses small-order points, and an all-zero
    /// result, which RFC 8731 section 3 forbids, is checked here again rather than trusted to its version.
    /// </summary>
    public static byte[]? Derive(PkeyHandle own, PkeyHandle peer, int maxSize)
    {
        using PkeyContextHandle context = LibCrypto.Check(LibCrypto.EVP_PKEY_CTX_new(own, 0), nameof(LibCrypto.EVP_PKEY_CTX_new));
        LibCrypto.Check(LibCrypto.EVP_PKEY_derive_init(context), nameof(LibCrypto.EVP_PKEY_derive_init));
        byte[] secret = new byte[maxSize];
        nuint length = (nuint)maxSize;
        fixed (byte* pointer = secret)
        {
            if (LibCrypto.EVP_PKEY_derive_set_peer(context, peer) != 1 || LibCrypto.EVP_PKEY_derive(context, pointer, ref length) != 1)
            {
                LibCrypto.ERR_clear_error();
                return null;
            }
        }
        Array.Resize(ref secret, (int)length);
        return secret.AsSpan().ContainsAnyExcept((byte)0) ? secret : null;
    }
}
