using System.Runtime.InteropServices;

namespace SshGateway.Ssh.Crypto;

/// <summary>OSSL_PARAM of openssl/core.h. A list ends with one whose key is null.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OsslParam(byte* key, uint dataType, void* data, int size)
{
    /// <summary>OSSL_PARAM_UNSIGNED_INTEGER: a number of any size in the machine's byte order.</summary>
    public const uint UnsignedInteger = 2;

    /// <summary>OSSL_PARAM_UTF8_STRING.</summary>
    public const uint Utf8String = 4;

    /// <summary>OSSL_PARAM_OCTET_STRING.</summary>
    public const uint OctetString = 5;

    public byte* Key = key;
    public uint DataType = dataType;
    public void* Data = data;
    public nuint DataSize = (nuint)size;
    public nuint ReturnSize = nuint.MaxValue;
}
