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

/// <summary>Owns an EVP_MD_CTX.</summary>
internal sealed class DigestContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibCrypto.EVP_MD_CTX_free(handle);
        return true;
    }
}

/// <summary>Owns an EVP_MAC_CTX.</summary>
internal sealed class MacContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibCrypto.EVP_MAC_CTX_free(handle);
        return true;
    }
}

/// <summary>Owns an EVP_PKEY_CTX.</summary>
internal sealed class PkeyContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibCrypto.EVP_PKEY_CTX_free(handle);
        return true;
    }
}
