using System.Security.Cryptography;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;

namespace SshGateway.Ssh.Transport;

/// <summary>The algorithms and the derived keys of one direction of a leg: RFC 4253 section 7.2.</summary>
internal readonly struct DirectionKeys
{
    private readonly MacAlgorithm? _mac;
    private readonly (char Iv, char Key, char MacKey) _letters;

    private DirectionKeys(CipherAlgorithm cipher, MacAlgorithm? mac, (char Iv, char Key, char MacKey) letters)
    {
        Cipher = cipher;
        _mac = mac;
        _letters = letters;
    }

    public CipherAlgorithm Cipher { get; }

    public static DirectionKeys ClientToServer(Negotiation agreed) => new(agreed.CipherClientToServer, agreed.MacClientToServer, ('A', 'C', 'E'));

    public static DirectionKeys ServerToClient(Negotiation agreed) => new(agreed.CipherServerToClient, agreed.MacServerToClient, ('B', 'D', 'F'));

    public IPacketSealer CreateSealer(KeyDerivation keys) => Create(keys, Cipher.CreateSealer);

    public IPacketOpener CreateOpener(KeyDerivation keys) => Create(keys, Cipher.CreateOpener);

    private T Create<T>(KeyDerivation keys, Maker<T> create)
    {
        byte[] key = keys.Derive(_letters.Key, Cipher.KeySize);
        byte[] iv = keys.Derive(_letters.Iv, Cipher.IvSize);
        byte[] macKey = keys.Derive(_letters.MacKey, _mac?.KeySize ?? 0);
        T made = create(key, iv, _mac, macKey);
        // The contexts have copies, which libcrypto overwrites when it frees them.
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(iv);
        CryptographicOperations.ZeroMemory(macKey);
        return made;
    }

    private delegate T Maker<T>(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, MacAlgorithm? mac, ReadOnlySpan<byte> macKey);
}
