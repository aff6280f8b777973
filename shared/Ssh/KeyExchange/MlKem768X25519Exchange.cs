using System.Security.Cryptography;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>
/// mlkem768x25519-sha256 (draft-ietf-sshm-mlkem-hybrid-kex): whoever records the connection today has to break both
/// ML-KEM-768 (FIPS 203) and X25519 later.
/// <code>
/// C_INIT  = encapsulation key (1184) || X25519 public key (32)
/// S_REPLY = ciphertext (1088)        || X25519 public key (32)
/// K       = string SHA-256(ML-KEM secret || X25519 secret)
/// </code>
/// </summary>
internal sealed class MlKem768X25519Exchange : IKeyExchange
{
    private static readonly MLKemAlgorithm Parameters = MLKemAlgorithm.MLKem768;

    private readonly Curve25519Exchange _classical = new();
    private MLKem? _own;

    public byte[] Initiate()
    {
        _own = MLKem.GenerateKey(Parameters);
        return [.. _own.ExportEncapsulationKey(), .. _classical.Initiate()];
    }

    public byte[] Complete(ReadOnlySpan<byte> reply)
    {
        int size = Parameters.CiphertextSizeInBytes;
        CheckSize(reply, size);
        // A forged ciphertext is no error: it gives a secret that nobody else has (FIPS 203 section 6.3).
        return Combine(_own!.Decapsulate(reply[..size].ToArray()), _classical.Agree(reply[size..]));
    }

    public (byte[] Reply, byte[] SharedSecret) Respond(ReadOnlySpan<byte> initiation)
    {
        int size = Parameters.EncapsulationKeySizeInBytes;
        CheckSize(initiation, size);
        byte[] ciphertext;
        byte[] secret;
        try
        {
            // The import makes the modulus check of FIPS 203 section 7.2.
            using MLKem peer = MLKem.ImportEncapsulationKey(Parameters, initiation[..size]);
            peer.Encapsulate(out ciphertext, out secret);
        }
        catch (CryptographicException)
        {
            throw BadValue();
        }
        byte[] reply = [.. ciphertext, .. _classical.Initiate()];
        return (reply, Combine(secret, _classical.Agree(initiation[size..])));
    }

    public void Dispose()
    {
        _own?.Dispose();
        _classical.Dispose();
    }

    private static void CheckSize(ReadOnlySpan<byte> value, int postQuantumSize)
    {
        if (value.Length != postQuantumSize + Curve25519Exchange.Size)
        {
            throw BadValue();
        }
    }

    private static byte[] Combine(byte[] postQuantum, byte[] classical)
    {
        byte[] both = [.. postQuantum, .. classical];
        byte[] encoded = new SshWriter(SHA256.HashSizeInBytes + sizeof(uint)).WriteString(SHA256.HashData(both)).ToArray();
        CryptographicOperations.ZeroMemory(postQuantum);
        CryptographicOperations.ZeroMemory(classical);
        CryptographicOperations.ZeroMemory(both);
        return encoded;
    }

    private static KeyExchangeException BadValue() => new("the peer's mlkem768x25519 value is not acceptable");
}
