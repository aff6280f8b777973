using Microsoft.IdentityModel.Tokens;
using SshGateway.Hosting.Files;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>A token issuer and the public keys that it signs with, by key id.</summary>
internal sealed class IssuerKeys
{
    // RFC 7518 section 3.3.
    private const int MinRsaKey = 2048;

    private readonly Dictionary<string, SecurityKey> _keys = new(StringComparer.Ordinal);

    /// <param name="issuer">The <c>iss</c> of its tokens.</param>
    /// <param name="jwks">A JSON Web Key Set (RFC 7517). What RS256 and ES256 cannot use of it is left out.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    public IssuerKeys(string issuer, string jwks)
    {
        Issuer = issuer;
        foreach (JsonWebKey key in new JsonWebKeySet(jwks).Keys)
        {
            bool isUsable = key.Kty == JsonWebAlgorithmsKeyTypes.RSA ? key.KeySize >= MinRsaKey
                : key is { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve, Crv: JsonWebKeyECTypes.P256 };
            if (isUsable && key.KeyId is { Length: > 0 } && key.Use is null or "" or JsonWebKeyUseNames.Sig)
            {
                _keys[key.KeyId] = key;
            }
        }
    }

    public string Issuer { get; }

    public SecurityKey? Find(string keyId) => _keys.GetValueOrDefault(keyId);
}

/// <summary>Where the keys come from that the proxies' tokens are verified with.</summary>
internal interface IIssuerKeysSource
{
    /// <exception cref="IssuerKeysException">They cannot be had now.</exception>
    Task<IssuerKeys> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>The keys that tokens are verified with cannot be had; the message says why.</summary>
internal sealed class IssuerKeysException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Keys in a file: Operator:FeedJwks, for Operator:FeedIssuer.</summary>
internal sealed class JwksFile(string path, string issuer) : IIssuerKeysSource
{
    public Task<IssuerKeys> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(Read());

    /// <exception cref="IssuerKeysException">The file cannot be used.</exception>
    public IssuerKeys Read()
    {
        try
        {
            return new IssuerKeys(issuer, RegularFile.ReadText(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IssuerKeysException($"Operator:FeedJwks cannot be read: {exception.Message}", exception);
        }
        catch (ArgumentException exception)
        {
            throw new IssuerKeysException($"Operator:FeedJwks: {path} is no JSON Web Key Set: {exception.Message}", exception);
        }
    }
}
