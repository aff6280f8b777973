using System.Security.Cryptography;
using SshGateway.Ssh.Crypto;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>Key agreement through libcrypto.</summary>
internal static unsafe class SharedSecret
{
    /// <summary>
    /// The agreed number, or null when it is not acceptable: an all-zero result, which RFC 8731 section 3 forbids, is
    /// refused here whatever libcrypto's version does.
    /// </summary>
    /// <remarks>
    /// EVP_PKEY_derive_set_peer would check the peer's key a second time, by a multiplication with the order of the
    /// group: as expensive as the agreement itself for P-384 and P-521, and several times that for the groups modulo a
    /// prime. It finds nothing that the callers have not refused: the curves have prime order, so each point on them is
    /// good (SP 800-56A section 5.6.2.3.4), and modulo a safe prime 1 and p-1 are the only small subgroup.
    /// </remarks>
    public static byte[]? Derive(PkeyHandle own, PkeyHandle peer, int maxSize)
    {
        using PkeyContextHandle context = LibCrypto.Check(LibCrypto.EVP_PKEY_CTX_new(own, 0));
        LibCrypto.Check(LibCrypto.EVP_PKEY_derive_init(context));
        byte[] buffer = new byte[maxSize];
        nuint length = (nuint)maxSize;
        fixed (byte* pointer = buffer)
        {
            if (LibCrypto.EVP_PKEY_derive_set_peer_ex(context, peer, validatePeer: 0) != 1 || LibCrypto.EVP_PKEY_derive(context, pointer, ref length) != 1)
            {
                LibCrypto.ERR_clear_error();
                CryptographicOperations.ZeroMemory(buffer);
                return null;
            }
        }
        if ((int)length == maxSize)
        {
            return buffer.AsSpan().ContainsAnyExcept((byte)0) ? buffer : null;
        }
        byte[] secret = buffer.AsSpan(0, (int)length).ToArray();
        CryptographicOperations.ZeroMemory(buffer);
        return secret.AsSpan().ContainsAnyExcept((byte)0) ? secret : null;
    }
}
