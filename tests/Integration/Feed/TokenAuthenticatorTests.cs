using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>Who is let in by a token, and what the log says of those who are not.</summary>
public sealed class TokenAuthenticatorTests : IDisposable
{
    private static readonly IPEndPoint Peer = new(IPAddress.Loopback, 5);

    private readonly FeedKeys _keys = new();
    private readonly ManualTimeProvider _time = new();
    private readonly LogRecorder<TokenAuthenticator> _log = new();
    private readonly IssuerKeysCache _cache;
    private readonly TokenAuthenticator _authenticator;

    public TokenAuthenticatorTests()
    {
        _cache = new IssuerKeysCache(new JwksFile(_keys.JwksFile, FeedKeys.Issuer), _time, NullLogger<IssuerKeysCache>.Instance);
        _authenticator = new TokenAuthenticator(_cache, null, [FeedKeys.Subject, "another"], _time, _log);
    }

    private static readonly (TokenFault Fault, Func<FeedKeys, DateTimeOffset, string?> Make)[] Bad =
    [
        (TokenFault.Missing, (_, _) => null),
        (TokenFault.Missing, (_, _) => ""),
        (TokenFault.TooLong, (k, t) => k.Token(subject: new string('x', 8000), now: t)),
        (TokenFault.Malformed, (_, _) => "password"),
        (TokenFault.Malformed, (_, _) => "a.b.c"),
        (TokenFault.WrongAlgorithm, (k, t) => "e30" + k.Token(now: t)[k.Token(now: t).IndexOf('.', StringComparison.Ordinal)..]),
        (TokenFault.WrongAlgorithm, (k, t) => k.Token(algorithm: "HS256", keyId: "RS256", now: t)),
        (TokenFault.WrongAlgorithm, (k, t) => k.Token(algorithm: "none", keyId: "RS256", now: t)),
        (TokenFault.WrongAlgorithm, (k, t) => k.Token(algorithm: "RS512", keyId: "RS256", now: t)),
        (TokenFault.WrongAlgorithm, (k, t) => k.Token(algorithm: "PS256", keyId: "RS256", now: t)),
        // A good algorithm, but not of this key.
        (TokenFault.WrongSignature, (k, t) => k.Token(algorithm: "ES256", keyId: "RS256", now: t)),
        (TokenFault.UnknownKey, (k, t) => k.Token(keyId: "RS257", now: t)),
        (TokenFault.WrongSignature, (_, t) => Forged(t)),
        (TokenFault.WrongSignature, (k, t) => k.Token(now: t)[..^8] + "AAAAAAAA"),
        (TokenFault.WrongSignature, (k, t) => Transplanted(k.Token(now: t), k.Token(subject: "somebody", now: t))),
        (TokenFault.WrongIssuer, (k, t) => k.Token(issuer: "https://issuer.test", now: t)),
        (TokenFault.WrongAudience, (k, t) => k.Token(audience: "https://kubernetes.default.svc", now: t)),
        (TokenFault.WrongAudience, (k, t) => k.Token(audience: Array.Empty<string>(), now: t)),
        (TokenFault.NoExpiry, (k, t) => k.Token(hasExpiry: false, now: t)),
        (TokenFault.Expired, (k, t) => k.Token(expires: TimeSpan.FromSeconds(-31), notBefore: TimeSpan.FromHours(-1), now: t)),
        (TokenFault.NotYetValid, (k, t) => k.Token(notBefore: TimeSpan.FromSeconds(31), now: t)),
        (TokenFault.WrongSubject, (k, t) => k.Token(subject: "system:serviceaccount:ssh-gateway:ssh-gateway-operator", now: t)),
        (TokenFault.WrongSubject, (k, t) => k.Token(subject: FeedKeys.Subject.ToUpperInvariant(), now: t)),
        (TokenFault.WrongSubject, (k, t) => k.Token(subject: "", now: t)),
    ];

    public static TheoryData<int> BadTokens => [.. Enumerable.Range(0, Bad.Length)];

    public void Dispose()
    {
        _cache.Dispose();
        _keys.Dispose();
    }

    [Fact]
    public async Task A_token_that_is_bound_to_a_pod_names_it()
    {
        (object? Claims, string? Pod)[] tokens =
        [
            (new { @namespace = "ssh-gateway", pod = new { name = "proxy-1", uid = "1" } }, "proxy-1"),
            (new { @namespace = "ssh-gateway" }, null),
            (new { pod = "proxy-1" }, null),
            (new { pod = new { name = 1 } }, null),
            ("proxy-1", null),
            (null, null),
        ];
        foreach ((object? claims, string? pod) in tokens)
        {
            Assert.Equal(pod, (await AuthenticateAsync(_keys.Token(now: _time.GetUtcNow(), kubernetes: claims))).Pod);
        }
    }

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task A_bad_token_is_refused_and_the_log_says_what_is_wrong_with_it(int number)
    {
        (TokenFault fault, Func<FeedKeys, DateTimeOffset, string?> make) = Bad[number];
        string? token = make(_keys, _time.GetUtcNow());

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => AuthenticateAsync(token));

        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
        string line = Assert.Single(_log.Lines).Text;
        Assert.Contains($"({fault})", line, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:5", line, StringComparison.Ordinal);
        Assert.Contains(refusal.Status.Detail, line, StringComparison.Ordinal);
        Assert.All((token ?? "").Split('.').Where(part => part.Length > 8), part => Assert.DoesNotContain(part, line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("RS256", 0, 3600)]
    [InlineData("ES256", 0, 3600)]
    // Clocks differ.
    [InlineData("RS256", 29, 3600)]
    [InlineData("RS256", -3600, -29)]
    public async Task A_good_token_lets_in(string algorithm, int notBefore, int expires)
    {
        string token = _keys.Token(
            algorithm: algorithm, notBefore: TimeSpan.FromSeconds(notBefore), expires: TimeSpan.FromSeconds(expires), now: _time.GetUtcNow());

        ProxyIdentity identity = await AuthenticateAsync(token);

        Assert.Equal((FeedKeys.Subject, _time.GetUtcNow().AddSeconds(expires)), (identity.Subject, identity.ExpiresAt));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Of_several_audiences_one_is_enough() =>
        Assert.Equal("another", (await AuthenticateAsync(_keys.Token("another", new[] { "elsewhere", FeedKeys.Audience }, now: _time.GetUtcNow()))).Subject);

    [Fact]
    public async Task A_new_key_is_found_when_a_token_names_it_and_looked_for_every_ten_seconds_at_most()
    {
        _keys.PutJwks(without: "RS256");
        string token = _keys.Token(expires: TimeSpan.FromHours(10), now: _time.GetUtcNow());
        await Assert.ThrowsAsync<RpcException>(() => AuthenticateAsync(token));

        _keys.PutJwks();
        _time.Advance(TimeSpan.FromSeconds(9));
        await Assert.ThrowsAsync<RpcException>(() => AuthenticateAsync(token));
        _time.Advance(TimeSpan.FromSeconds(1));
        await AuthenticateAsync(token);
    }

    [Fact]
    public async Task A_key_that_was_withdrawn_is_forgotten_within_the_hour()
    {
        string token = _keys.Token(expires: TimeSpan.FromHours(10), now: _time.GetUtcNow());
        await AuthenticateAsync(token);

        _keys.PutJwks(without: "RS256");
        _time.Advance(TimeSpan.FromMinutes(59));
        await AuthenticateAsync(token);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<RpcException>(() => AuthenticateAsync(token));
    }

    [Fact]
    public async Task Without_keys_nobody_is_let_in_and_with_the_last_known_ones_everybody_still_is()
    {
        string token = _keys.Token(expires: TimeSpan.FromHours(10), now: _time.GetUtcNow());
        string good = File.ReadAllText(_keys.JwksFile);
        File.Delete(_keys.JwksFile);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => AuthenticateAsync(token))).StatusCode);

        File.WriteAllText(_keys.JwksFile, good);
        _time.Advance(TimeSpan.FromSeconds(10));
        await AuthenticateAsync(token);
        File.WriteAllText(_keys.JwksFile, "{ no JSON");
        _time.Advance(TimeSpan.FromHours(2));
        await AuthenticateAsync(token);
    }

    // Another issuer's key under the same key id.
    private static string Forged(DateTimeOffset now)
    {
        using var others = new FeedKeys();
        return others.Token(now: now);
    }

    private static string Transplanted(string signatureOf, string claimsOf)
    {
        string[] parts = claimsOf.Split('.');
        return $"{parts[0]}.{parts[1]}.{signatureOf.Split('.')[2]}";
    }

    private Task<ProxyIdentity> AuthenticateAsync(string? token) => _authenticator.AuthenticateAsync(token, Peer, CancellationToken.None).AsTask();
}
