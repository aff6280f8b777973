using System.Runtime.InteropServices;

namespace SshGateway.Ssh.Crypto;

/// <summary>OSSL_PARAM of openssl/core.h. A list ends with one whose key is null.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OsslParam
{
    /// <summary>OSSL_PARAM_UNSIGNED_INTEGER: a number of any size in the machine's byte order.</summary>
    public const uint UnsignedInteger = 2;

    /// <summary>OSSL_PARAM_UTF8_STRING.</summary>
    public const uint Utf8String = 4;

    /// <summary>OSSL_PARAM_OCTET_STRING.</summary>
    public const uint OctetString = 5;

    public byte* Key;
    public uint DataType;
    public void* Data;
    public nuint DataSize;
    public nuint ReturnSize;

    public OsslParam(byte* key, uint dataType, void* data, int size)
    {
        Key = key;
        DataType = dataType;
        Data = data;
        DataSize = (nuint)size;
        ReturnSize = nuint.MaxValue;
    }
}
