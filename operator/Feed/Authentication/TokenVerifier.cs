using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Verifies ServiceAccount tokens (RFC 7519) here, without asking the API server.</summary>
internal sealed class TokenVerifier(TimeProvider time)
{
    /// <summary>What the tokens of proxies and of TARS are made out for.</summary>
    public const string Audience = "ssh-gateway-operator";

    /// <summary>In characters. A ServiceAccount's token has 1,000 to 2,000.</summary>
    public const int MaxToken = 8 * 1024;

    /// <summary>By how much the clocks of the issuer and this machine may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };

    /// <summary>Reads a token, and believes nothing of it.</summary>
    /// <returns>What is wrong with its form; null: nothing.</returns>
    public static TokenFault? Read(string? token, out JsonWebToken? read)
    {
        read = null;
        if (string.IsNullOrEmpty(token))
        {
            return TokenFault.Missing;
        }
        if (token.Length > MaxToken)
        {
            return TokenFault.TooLong;
        }
        try
        {
            read = new JsonWebToken(token);
            // An encrypted one (five parts) or one without a signature is none of ours either.
            return read.Alg is SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.EcdsaSha256 && !read.IsEncrypted
                ? null : TokenFault.WrongAlgorithm;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException)
        {
            return TokenFault.Malformed;
        }
    }

    /// <summary>The pod that a verified token is bound to, as the API server writes it; null: to none.</summary>
    public static string? FindPod(JsonWebToken token) =>
        token.TryGetPayloadValue("kubernetes.io", out JsonElement claims) && claims.ValueKind == JsonValueKind.Object
        && claims.TryGetProperty("pod", out JsonElement pod) && pod.ValueKind == JsonValueKind.Object
        && pod.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;

    /// <summary>Checks signature, issuer, audience and time.</summary>
    public async Task<TokenResult> VerifyAsync(JsonWebToken token, IssuerKeys keys)
    {
        if (keys.Find(token.Kid ?? "") is not { } key)
        {
            return new TokenResult(null, TokenFault.UnknownKey);
        }
        TokenValidationResult result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256],
            ValidIssuer = keys.Issuer,
            ValidAudience = Audience,
            LifetimeValidator = (notBefore, expires, _, _) => IsInItsTime(notBefore, expires),
        });
        return result.IsValid
            ? new TokenResult(new ProxyIdentity(token.Subject ?? "", new DateTimeOffset(token.ValidTo, TimeSpan.Zero), FindPod(token)), null)
            : new TokenResult(null, FindFault(result.Exception));
    }

    private bool IsInItsTime(DateTime? notBefore, DateTime? expires)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        if (expires is null)
        {
            throw new SecurityTokenNoExpirationException();
        }
        if (expires.Value < now - ClockSkew)
        {
            throw new SecurityTokenExpiredException();
        }
        if (notBefore > now + ClockSkew)
        {
            throw new SecurityTokenNotYetValidException();
        }
        return true;
    }

    private static TokenFault FindFault(Exception exception) => exception switch
    {
        SecurityTokenSignatureKeyNotFoundException => TokenFault.UnknownKey,
        SecurityTokenInvalidAlgorithmException => TokenFault.WrongAlgorithm,
        SecurityTokenInvalidSignatureException => TokenFault.WrongSignature,
        SecurityTokenInvalidIssuerException => TokenFault.WrongIssuer,
        SecurityTokenInvalidAudienceException => TokenFault.WrongAudience,
        SecurityTokenNoExpirationException => TokenFault.NoExpiry,
        SecurityTokenExpiredException => TokenFault.Expired,
        SecurityTokenNotYetValidException => TokenFault.NotYetValid,
        _ => TokenFault.Malformed,
    };
}
