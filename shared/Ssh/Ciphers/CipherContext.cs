using Microsoft.Win32.SafeHandles;
using SshGateway.Ssh.Crypto;

namespace SshGateway.Ssh.Ciphers;

/// <summary>
/// An EVP cipher context that is kept for the life of a key: keyed once, fed packet by packet.
/// Not thread-safe; the owner disposes it only when no call is under way.
/// </summary>
internal sealed unsafe class CipherContext : SafeHandleZeroOrMinusOneIsInvalid
{
    public CipherContext(nint cipher, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, bool encrypt) : base(ownsHandle: true)
    {
        SetHandle(LibCrypto.EVP_CIPHER_CTX_new());
        LibCrypto.Check(this, nameof(LibCrypto.EVP_CIPHER_CTX_new));
        fixed (byte* keyPointer = key)
        fixed (byte* ivPointer = iv)
        {
            LibCrypto.Check(
                LibCrypto.EVP_CipherInit_ex(handle, cipher, 0, keyPointer, ivPointer, encrypt ? LibCrypto.Encrypt : LibCrypto.Decrypt));
        }
    }

    /// <summary>Starts a message: same key, new IV.</summary>
    public void Restart(ReadOnlySpan<byte> iv)
    {
        fixed (byte* ivPointer = iv)
        {
            LibCrypto.Check(LibCrypto.EVP_CipherInit_ex(handle, 0, 0, null, ivPointer, -1));
        }
    }

    /// <summary>Bytes that are authenticated but not encrypted.</summary>
    public void Authenticate(ReadOnlySpan<byte> data)
    {
        fixed (byte* dataPointer = data)
        {
            LibCrypto.Check(LibCrypto.EVP_CipherUpdate(handle, null, out _, dataPointer, data.Length));
        }
    }

    /// <summary>Encrypts or decrypts; the same place or two that do not overlap.</summary>
    public void Transform(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, input.Length);
        fixed (byte* inputPointer = input)
        fixed (byte* outputPointer = output)
        {
            LibCrypto.Check(LibCrypto.EVP_CipherUpdate(handle, outputPointer, out _, inputPointer, input.Length));
        }
    }

    /// <summary>Ends an AEAD encryption with its tag.</summary>
    public void FinishWithTag(Span<byte> tag)
    {
        byte nothing;
        LibCrypto.Check(LibCrypto.EVP_CipherFinal_ex(handle, &nothing, out _));
        fixed (byte* tagPointer = tag)
        {
            LibCrypto.Check(LibCrypto.EVP_CIPHER_CTX_ctrl(handle, LibCrypto.ControlAeadGetTag, tag.Length, tagPointer));
        }
    }

    /// <summary>Ends an AEAD decryption; false when the tag does not match.</summary>
    public bool FinishMatchesTag(ReadOnlySpan<byte> tag)
    {
        fixed (byte* tagPointer = tag)
        {
            LibCrypto.Check(LibCrypto.EVP_CIPHER_CTX_ctrl(handle, LibCrypto.ControlAeadSetTag, tag.Length, tagPointer));
        }
        byte nothing;
        if (LibCrypto.EVP_CipherFinal_ex(handle, &nothing, out _) == 1)
        {
            return true;
        }
        LibCrypto.ERR_clear_error();
        return false;
    }

    protected override bool ReleaseHandle()
    {
        LibCrypto.EVP_CIPHER_CTX_free(handle);
        return true;
    }
}
