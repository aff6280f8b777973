using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;

namespace SshGateway.Ssh.Transport;

/// <summary>
/// The algorithms of one direction of a leg, and which of the derived keys it uses: RFC 4253 section 7.2.
/// </summary>
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

    public IPacketSealer CreateSealer(KeyDerivation keys) =>
        Cipher.CreateSealer(Key(keys), Iv(keys), _mac, MacKey(keys));

    public IPacketOpener CreateOpener(KeyDerivation keys) =>
        Cipher.CreateOpener(Key(keys), Iv(keys), _mac, MacKey(keys));

    private byte[] Key(KeyDerivation keys) => keys.Derive(_letters.Key, Cipher.KeySize);

    private byte[] Iv(KeyDerivation keys) => keys.Derive(_letters.Iv, Cipher.IvSize);

    private byte[] MacKey(KeyDerivation keys) => keys.Derive(_letters.MacKey, _mac?.KeySize ?? 0);
}
