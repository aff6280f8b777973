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
/// <param name="kem">The post-quantum half; owned.</param>
internal sealed class MlKem768X25519Exchange(MlKem768 kem) : IKeyExchange
{
    private readonly Curve25519Exchange _classical = new();

    public byte[] Initiate() => [.. kem.GenerateKey(), .. _classical.Initiate()];

    public byte[] Complete(ReadOnlySpan<byte> reply)
    {
        CheckSize(reply, MlKem768.CiphertextSize);
        return Combine(kem.Decapsulate(reply[..MlKem768.CiphertextSize]), _classical.Agree(reply[MlKem768.CiphertextSize..]));
    }

    public (byte[] Reply, byte[] SharedSecret) Respond(ReadOnlySpan<byte> initiation)
    {
        CheckSize(initiation, MlKem768.EncapsulationKeySize);
        (byte[] ciphertext, byte[] secret) = kem.Encapsulate(initiation[..MlKem768.EncapsulationKeySize]) ?? throw BadValue();
        byte[] reply = [.. ciphertext, .. _classical.Initiate()];
        return (reply, Combine(secret, _classical.Agree(initiation[MlKem768.EncapsulationKeySize..])));
    }

    public void Dispose()
    {
        kem.Dispose();
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
        byte[] digest = SHA256.HashData(both);
        byte[] encoded = new SshWriter(digest.Length + sizeof(uint)).WriteString(digest).ToArrayAndClear();
        CryptographicOperations.ZeroMemory(postQuantum);
        CryptographicOperations.ZeroMemory(classical);
        CryptographicOperations.ZeroMemory(both);
        CryptographicOperations.ZeroMemory(digest);
        return encoded;
    }

    private static KeyExchangeException BadValue() => new("the peer's mlkem768x25519 value is not acceptable");
}
