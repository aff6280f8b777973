using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using SshGateway.Feed.Client;
using SshGateway.Hosting.Tls;

namespace SshGateway.Tests.Support;

/// <summary>
/// What the feed's two ends are configured with: a CA and a certificate of it for 127.0.0.1, and a token issuer. All of
/// it is in files, which a test may replace while both run.
/// </summary>
internal sealed class FeedKeys : IDisposable
{
    public const string Issuer = "https://issuer.tests";
    public const string Audience = "ssh-gateway-operator";
    public const string Subject = "system:serviceaccount:ssh-gateway:ssh-gateway-proxy";

    private static readonly Lazy<FeedKeys> OfThisRun = new(() =>
    {
        var keys = new FeedKeys();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => keys.Dispose();
        return keys;
    });

    private readonly TemporaryDirectory _directory = new();
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public FeedKeys()
    {
        using FeedAuthority authority = new();
        PutAuthorities(authority);
        PutLeaf(authority);
        _directory.Write("jwks.json", Jwks());
        // The longest test, the soak, takes more than an hour.
        PutToken(Token(expires: TimeSpan.FromHours(4)));
    }

    /// <summary>For tests that change nothing of it.</summary>
    public static FeedKeys Shared => OfThisRun.Value;

    public string CertificateFile => _directory.File("tls.crt");

    public string CertificateKeyFile => _directory.File("tls.key");

    public string JwksFile => _directory.File("jwks.json");

    public string AuthoritiesFile => _directory.File("ca.crt");

    public string TokenFile => _directory.File("token");

    public IReadOnlyList<string> CertificateArguments =>
        [$"--Operator:FeedCertificate={CertificateFile}", $"--Operator:FeedCertificateKey={CertificateKeyFile}"];

    /// <summary>Configures an operator; a test may append others, and the last one counts.</summary>
    public IReadOnlyList<string> OperatorArguments =>
    [
        .. CertificateArguments,
        $"--Operator:FeedJwks={JwksFile}", $"--Operator:FeedIssuer={Issuer}",
    ];

    public IReadOnlyList<string> ProxyArguments => [$"--Proxy:OperatorCA={AuthoritiesFile}", $"--Proxy:OperatorToken={TokenFile}"];

    public IReadOnlyList<string> RelayArguments => [$"--Exec:OperatorCA={AuthoritiesFile}", $"--Exec:OperatorToken={TokenFile}"];

    /// <summary>What the proxies trust from now on.</summary>
    public void PutAuthorities(params FeedAuthority[] authorities) => _directory.WriteByRename("ca.crt", string.Concat(authorities.Select(a => a.Pem + "\n")));

    /// <summary>
    /// Another certificate for the operator. Between the two files it may see a key of another certificate.
    /// </summary>
    public void PutLeaf(FeedAuthority authority, IPAddress? address = null)
    {
        (string certificate, string key) = authority.Issue(address ?? IPAddress.Loopback);
        _directory.WriteByRename("tls.key", key);
        _directory.WriteByRename("tls.crt", certificate);
    }

    public X509Certificate2 LoadLeaf() => X509Certificate2.CreateFromPemFile(_directory.File("tls.crt"), _directory.File("tls.key"));

    public OperatorCredentials Credentials(string token) => new("Proxy", CertificateAuthorities.FromFile(AuthoritiesFile, TimeProvider.System), token);

    /// <summary>A client that trusts the certificates of this CA and no others.</summary>
    /// <param name="address">Where requests go.</param>
    /// <param name="token">Sent with each; null: none.</param>
    public HttpClient CreateClient(Uri address, string? token)
    {
        var authorities = CertificateAuthorities.FromFile(AuthoritiesFile, TimeProvider.System);
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == 0 && authorities.HaveSigned((X509Certificate2)certificate!, chain);
        var http = new HttpClient(handler) { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    public void PutToken(string token) => _directory.WriteByRename("token", token + "\n");

    /// <summary>A proxy's token; each argument makes it another one.</summary>
    public string Token(
        string subject = Subject, object? audience = null, string issuer = Issuer, string algorithm = "RS256", string? keyId = null,
        TimeSpan? notBefore = null, TimeSpan? expires = null, DateTimeOffset? now = null, bool hasExpiry = true, object? kubernetes = null)
    {
        long time = (now ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = issuer,
            ["aud"] = audience ?? new[] { Audience },
            ["sub"] = subject,
            ["iat"] = time,
            ["nbf"] = time + (long)(notBefore ?? TimeSpan.Zero).TotalSeconds,
        };
        if (hasExpiry)
        {
            claims["exp"] = time + (long)(expires ?? TimeSpan.FromHours(1)).TotalSeconds;
        }
        if (kubernetes is not null)
        {
            claims["kubernetes.io"] = kubernetes;
        }
        return Sign(JsonSerializer.Serialize(new { alg = algorithm, kid = keyId ?? algorithm, typ = "JWT" }), JsonSerializer.Serialize(claims), algorithm);
    }

    /// <summary>The same key set without the key that signs with this algorithm, or with all.</summary>
    public void PutJwks(string? without = null) => _directory.WriteByRename("jwks.json", Jwks(without));

    public void Dispose()
    {
        _directory.Dispose();
        _rsa.Dispose();
        _ecdsa.Dispose();
    }

    private string Sign(string header, string claims, string algorithm)
    {
        string signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        byte[] bytes = Encoding.ASCII.GetBytes(signed);
        byte[] signature = algorithm switch
        {
            "RS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "RS512" => _rsa.SignData(bytes, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            "PS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            "ES256" => _ecdsa.SignData(bytes, HashAlgorithmName.SHA256),
            // The classic: the public key, which everybody has, as the secret of a MAC.
            "HS256" => HMACSHA256.HashData(_rsa.ExportSubjectPublicKeyInfo(), bytes),
            _ => [],
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private string Jwks(string? without = null)
    {
        RSAParameters rsa = _rsa.ExportParameters(false);
        ECParameters ec = _ecdsa.ExportParameters(false);
        object[] keys =
        [
            new { use = "sig", kty = "RSA", kid = "RS256", alg = "RS256", n = Base64Url.EncodeToString(rsa.Modulus), e = Base64Url.EncodeToString(rsa.Exponent) },
            new { use = "sig", kty = "EC", kid = "ES256", alg = "ES256", crv = "P-256", x = Base64Url.EncodeToString(ec.Q.X), y = Base64Url.EncodeToString(ec.Q.Y) },
        ];
        return JsonSerializer.Serialize(new { keys = keys.Where((_, i) => without != (i == 0 ? "RS256" : "ES256")) });
    }
}
