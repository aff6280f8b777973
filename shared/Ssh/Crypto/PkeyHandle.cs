using Microsoft.Win32.SafeHandles;

namespace SshGateway.Ssh.Crypto;

/// <summary>Owns an EVP_PKEY.</summary>
internal sealed class PkeyHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public PkeyHandle() : base(ownsHandle: true)
    {
    }

    public PkeyHandle(nint key) : base(ownsHandle: true) => SetHandle(key);

    protected override bool ReleaseHandle()
    {
        LibCrypto.EVP_PKEY_free(handle);
        return true;
    }
}
