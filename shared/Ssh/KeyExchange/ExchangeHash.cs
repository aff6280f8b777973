using System.Security.Cryptography;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>The exchange hash H of all methods: RFC 4253 section 8, RFC 5656 section 4, RFC 8731 section 3.</summary>
internal static class ExchangeHash
{
    //  string  V_C, client's identification without CR LF
    //  string  V_S, server's identification
    //  string  I_C, payload of the client's SSH_MSG_KEXINIT
    //  string  I_S, payload of the server's SSH_MSG_KEXINIT
    //  string  K_S, host key
    //  string  Q_C (or mpint e), the client's value
    //  string  Q_S (or mpint f), the server's value
    //  mpint   K (or string, for hybrid methods), the shared secret
    public static byte[] Compute(
        HashAlgorithmName hash, Transcript transcript, ReadOnlySpan<byte> hostKey, ReadOnlySpan<byte> clientValue, ReadOnlySpan<byte> serverValue, ReadOnlySpan<byte> sharedSecret)
    {
        SshWriter input = new SshWriter(4096)
            .WriteString(transcript.ClientIdentification)
            .WriteString(transcript.ServerIdentification)
            .WriteString(transcript.ClientKexInit)
            .WriteString(transcript.ServerKexInit)
            .WriteString(hostKey)
            .WriteString(clientValue)
            .WriteString(serverValue)
            .WriteBytes(sharedSecret);
        byte[] digest = CryptographicOperations.HashData(hash, input.Written);
        input.Clear();
        return digest;
    }
}

/// <summary>What both sides said in plaintext before the key exchange method ran.</summary>
internal readonly record struct Transcript(string ClientIdentification, string ServerIdentification, byte[] ClientKexInit, byte[] ServerKexInit);
