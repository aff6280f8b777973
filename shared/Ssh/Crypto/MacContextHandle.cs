using Microsoft.Win32.SafeHandles;

namespace SshGateway.Ssh.Crypto;

/// <summary>Owns an EVP_MAC_CTX.</summary>
internal sealed class MacContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibCrypto.EVP_MAC_CTX_free(handle);
        return true;
    }
}
