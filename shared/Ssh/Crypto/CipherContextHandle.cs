using Microsoft.Win32.SafeHandles;

namespace SshGateway.Ssh.Crypto;

/// <summary>Owns an EVP_CIPHER_CTX.</summary>
internal sealed class CipherContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibCrypto.EVP_CIPHER_CTX_free(handle);
        return true;
    }
}
