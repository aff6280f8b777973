using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Crypto;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>
/// Verifies SSH signatures: RFC 4253 section 6.6, RFC 5656 section 3.1.2, RFC 8332 section 3, RFC 8709 section 6,
/// OpenSSH PROTOCOL.u2f.
/// </summary>
internal static class SignatureVerifier
{
    private const int Ed25519SignatureSize = 64;

    /// <summary>
    /// Whether <paramref name="signature"/> is the key's signature over the data, made with exactly this algorithm.
    /// </summary>
    /// <param name="algorithm">One of <see cref="SignatureAlgorithm.Verified"/>.</param>
    /// <param name="signature">In the SSH wire format.</param>
    /// <param name="demanded">What a security key must vouch for. Other keys vouch for nothing, and are not
    /// asked.</param>
    /// <exception cref="SshFormatException">The signature is malformed.</exception>
    public static bool Verify(
        SshPublicKey key, SignatureAlgorithm algorithm, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> data, SecurityKeyFlags demanded = SecurityKeyFlags.UserPresent)
    {
        //  string    algorithm name
        //  string    signature, as the algorithm lays it out
        //  ....      the assertion of a security key
        var reader = new SshReader(signature);
        ReadOnlySpan<byte> name = reader.ReadString();
        ReadOnlySpan<byte> value = reader.ReadString();
        if (key.Type != algorithm.KeyType || !name.SequenceEqual(Encoding.ASCII.GetBytes(algorithm.Name)))
        {
            return false;
        }
        if (SshKeyTypes.IsSecurityKey(key.Type))
        {
            SecurityKeyAssertion assertion = SecurityKeyAssertion.Read(ref reader);
            if (!assertion.VouchesFor(demanded))
            {
                return false;
            }
            data = assertion.SignedBytes(key, data);
        }
        reader.End();
        var keyReader = new SshReader(key.Blob.Span);
        keyReader.ReadString();
        try
        {
            return algorithm.KeyType switch
            {
                SshKeyTypes.Ed25519 or SshKeyTypes.SecurityKeyEd25519 => VerifyEd25519(keyReader.ReadString(), value, data),
                SshKeyTypes.Rsa => VerifyRsa(ref keyReader, algorithm.Hash, value, data),
                _ => VerifyEcdsa(ref keyReader, algorithm.Hash, value, data),
            };
        }
        catch (CryptographicException)
        {
            // A key that parses but is not usable, such as a point off the curve.
            return false;
        }
    }

    private static unsafe bool VerifyEd25519(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> data)
    {
        if (signature.Length != Ed25519SignatureSize)
        {
            return false;
        }
        using PkeyHandle key = RawKey.ImportPublic(LibCrypto.EvpPkeyEd25519, publicKey);
        fixed (byte* signaturePointer = signature)
        fixed (byte* dataPointer = data)
        {
            using DigestContextHandle context = LibCrypto.Check(LibCrypto.EVP_MD_CTX_new());
            LibCrypto.Check(LibCrypto.EVP_DigestVerifyInit(context, 0, 0, 0, key));
            if (LibCrypto.EVP_DigestVerify(context, signaturePointer, (nuint)signature.Length, dataPointer, (nuint)data.Length) == 1)
            {
                return true;
            }
            LibCrypto.ERR_clear_error();
            return false;
        }
    }

    private static bool VerifyRsa(ref SshReader key, HashAlgorithmName hash, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> data)
    {
        byte[] exponent = key.ReadPositiveMpint().ToArray();
        byte[] modulus = key.ReadPositiveMpint().ToArray();
        if (signature.Length > modulus.Length)
        {
            return false;
        }
        // RFC 8332 section 3 asks for the modulus' size; some signers drop leading zeros, and OpenSSH puts them back as
        // well.
        Span<byte> padded = stackalloc byte[SshPublicKey.MaxRsaBits / 8];
        padded = padded[..modulus.Length];
        padded.Clear();
        signature.CopyTo(padded[(modulus.Length - signature.Length)..]);
        using var rsa = RSA.Create(new RSAParameters { Exponent = exponent, Modulus = modulus });
        return rsa.VerifyData(data, padded, hash, RSASignaturePadding.Pkcs1);
    }

    private static bool VerifyEcdsa(ref SshReader key, HashAlgorithmName hash, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> data)
    {
        EcdsaCurve curve = EcdsaCurve.Find(Encoding.ASCII.GetString(key.ReadString()));
        ReadOnlySpan<byte> encodedPoint = key.ReadString();
        var reader = new SshReader(signature);
        ReadOnlySpan<byte> r = reader.ReadPositiveMpint();
        ReadOnlySpan<byte> s = reader.ReadPositiveMpint();
        reader.End();
        if (r.Length > curve.FieldSize || s.Length > curve.FieldSize)
        {
            return false;
        }
        Span<byte> joined = stackalloc byte[2 * EcdsaCurve.MaxFieldSize];
        joined = joined[..(2 * curve.FieldSize)];
        joined.Clear();
        r.CopyTo(joined[(curve.FieldSize - r.Length)..]);
        s.CopyTo(joined[((2 * curve.FieldSize) - s.Length)..]);
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = curve.Curve,
            Q = curve.PointOf(encodedPoint),
        });
        return ecdsa.VerifyData(data, joined, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
