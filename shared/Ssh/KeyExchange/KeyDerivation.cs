using System.Security.Cryptography;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>Keys out of a shared secret: RFC 4253 section 7.2.</summary>
/// <param name="hash">The key exchange method's hash.</param>
/// <param name="sharedSecret">K as it entered the exchange hash, with its length; owned.</param>
/// <param name="exchangeHash">H of this exchange.</param>
/// <param name="sessionId">H of the connection's first exchange.</param>
internal sealed class KeyDerivation(HashAlgorithmName hash, byte[] sharedSecret, byte[] exchangeHash, byte[] sessionId) : IDisposable
{
    private const int MaxHash = SHA512.HashSizeInBytes;

    /// <summary>
    /// The keys' letters in RFC 4253: 'A' initial IV client to server, 'B' server to client, 'C', 'D' encryption keys,
    /// 'E', 'F' MAC keys. The caller overwrites what it gets.
    /// </summary>
    public byte[] Derive(char letter, int size)
    {
        using var digest = IncrementalHash.CreateHash(hash);
        byte[] key = new byte[size];
        Span<byte> block = stackalloc byte[MaxHash];
        int filled = 0;
        while (filled < size)
        {
            digest.AppendData(sharedSecret);
            digest.AppendData(exchangeHash);
            if (filled == 0)
            {
                digest.AppendData([(byte)letter]);
                digest.AppendData(sessionId);
            }
            else
            {
                digest.AppendData(key, 0, filled);
            }
            int count = Math.Min(digest.GetHashAndReset(block), size - filled);
            block[..count].CopyTo(key.AsSpan(filled));
            filled += count;
        }
        CryptographicOperations.ZeroMemory(block);
        return key;
    }

    /// <summary>Overwrites K, once all keys are derived.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(sharedSecret);
}
