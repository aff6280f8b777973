using System.Security.Cryptography;
using SshGateway.Ssh.Crypto;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>
/// What all Diffie-Hellman methods share: both sides do the same, and K is an mpint (RFC 4253 section 8, RFC 5656
/// section 4, RFC 8731 section 3.1).
/// </summary>
internal abstract class DiffieHellmanExchange : IKeyExchange
{
    /// <summary>Our ephemeral key, once <see cref="Initiate"/> has made it.</summary>
    protected PkeyHandle? Own { get; set; }

    public abstract byte[] Initiate();

    public byte[] Complete(ReadOnlySpan<byte> reply)
    {
        byte[] secret = Derive(reply);
        byte[] encoded = new SshWriter(secret.Length + 5).WritePositiveMpint(secret).ToArrayAndClear();
        CryptographicOperations.ZeroMemory(secret);
        return encoded;
    }

    public (byte[] Reply, byte[] SharedSecret) Respond(ReadOnlySpan<byte> initiation) => (Initiate(), Complete(initiation));

    public void Dispose() => Own?.Dispose();

    /// <summary>The shared secret as a big-endian number.</summary>
    protected abstract byte[] Derive(ReadOnlySpan<byte> peerValue);

    protected static KeyExchangeException BadValue(string method) =>
        new($"the peer's {method} value is not acceptable");
}
