using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>The feed's TLS and tokens, between a whole operator and a proxy's feed client.</summary>
public sealed class FeedSecurityTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FeedKeys _keys = new();

    public void Dispose()
    {
        _keys.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_proxy_whose_token_is_refused_is_not_ready_and_says_why_until_it_has_a_good_one()
    {
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path, keys: _keys);
        _keys.PutToken(_keys.Token(audience: "elsewhere"));
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run);

        await Eventually.TrueAsync(() => proxy.NotReady?.Contains(
            "Unauthenticated: the operator refuses this proxy: the token is not for the audience ssh-gateway-operator. Write a token that it accepts into the file of Proxy:OperatorToken (",
            StringComparison.Ordinal) == true, "it says why");
        Assert.False(proxy.HasSynced);

        _keys.PutToken(_keys.Token());
        await Eventually.TrueAsync(() => proxy.HasSynced, "the token file is read again");
        Assert.Null(proxy.NotReady);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("line\r\nbreak: x")]
    public async Task A_token_file_without_a_token_is_said_and_read_again(string content)
    {
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path, keys: _keys);
        _keys.PutToken(content);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run);
        await Eventually.TrueAsync(() => proxy.NotReady?.Contains("holds no token", StringComparison.Ordinal) == true, "it says why");

        _keys.PutToken(_keys.Token());
        await Eventually.TrueAsync(() => proxy.HasSynced, "the token file is read again");
    }

    [Fact]
    public async Task An_operator_with_a_strangers_certificate_gets_no_token_from_a_proxy()
    {
        using var strangers = new FeedKeys();
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path, keys: strangers);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run.FeedPort, _keys);

        await Eventually.TrueAsync(() => proxy.NotReady?.Contains("is not signed by a CA of Proxy:OperatorCA (Proxy:OperatorCA is /", StringComparison.Ordinal) == true, "it says which");
        Assert.False(proxy.HasSynced);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_not_the_operators()
    {
        using var authority = new FeedAuthority();
        _keys.PutAuthorities(authority);
        _keys.PutLeaf(authority, IPAddress.Parse("127.0.0.2"));
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path, keys: _keys);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run);

        await Eventually.TrueAsync(() => proxy.NotReady?.Contains("certificate is not for 127.0.0.1, its name in Proxy:Operators", StringComparison.Ordinal) == true, "it says which");
        Assert.False(proxy.HasSynced);
    }

    [Fact]
    public async Task Plain_http_is_answered_with_nothing()
    {
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path, keys: _keys);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run.FeedPort);

        await Eventually.TrueAsync(() => proxy.NotReady?.Contains("Unavailable", StringComparison.Ordinal) == true, "the connection is refused");
        Assert.False(proxy.HasSynced);
    }

    [Fact]
    public async Task The_ca_and_the_certificate_are_replaced_while_a_stream_is_open_and_it_stays_open()
    {
        using var old = new FeedAuthority("old");
        using var fresh = new FeedAuthority("new");
        _keys.PutAuthorities(old);
        _keys.PutLeaf(old);
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path, keys: _keys);
        await using var network = new FaultyProxy(run.FeedPort);
        await using FeedClientRun before = await FeedClientRun.StartAsync(network.Port, _keys);
        await Eventually.TrueAsync(() => before.HasSynced, "the first proxy follows");

        // The proxies' bundle has both before the operator shows a certificate of the new one, and loses the old one
        // afterwards.
        _keys.PutAuthorities(old, fresh);
        _keys.PutLeaf(fresh);
        _keys.PutAuthorities(fresh);

        await using FeedClientRun after = await FeedClientRun.StartAsync(run);
        await Eventually.TrueAsync(() => after.HasSynced, "a new connection sees the new certificate");
        _directory.Write("one.yaml", Samples.Session("one"));
        await Eventually.TrueAsync(() => before.Find("one") is not null && after.Find("one") is not null, "both streams are alive");
        Assert.Equal((1, 0), (before.Log.Count(1), before.Log.Count(2)));

        // The first one comes back, to a certificate that the CA of its first connection has not signed.
        network.Cut();
        await Eventually.TrueAsync(() => before.Log.Count(1) == 2, "it has read the bundle again");
    }

    [Fact]
    public async Task A_certificate_that_comes_later_or_breaks_does_not_stop_the_operator()
    {
        string certificate = File.ReadAllText(_keys.CertificateFile);
        File.Delete(_keys.CertificateFile);
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path, keys: _keys);
        using var http = new HttpClient { BaseAddress = run.Probes };
        await Eventually.TrueAsync(() => Answer(http, "/readyz").Contains("the feed has no certificate", StringComparison.Ordinal), "it says what is missing");

        File.WriteAllText(_keys.CertificateFile, certificate);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run);
        await Eventually.TrueAsync(() => proxy.HasSynced, "the certificate is there");
        Assert.Equal("ready\n", Answer(http, "/readyz"));
    }

    [Fact]
    public async Task A_proxy_comes_back_with_its_next_token_when_the_first_has_expired()
    {
        var time = new ManualTimeProvider();
        using IssuerKeysCache cache = Cache(time);
        await using FeedServer server = await ServeAsync(cache, time);
        _keys.PutToken(_keys.Token(expires: TimeSpan.FromMinutes(1), now: time.GetUtcNow()));
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(server.Server.Port, _keys, time);
        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy follows");

        // As kubelet does, well before.
        _keys.PutToken(_keys.Token(expires: TimeSpan.FromMinutes(60), now: time.GetUtcNow()));
        await Eventually.CompletedAsync(Eventually.TrueAsync(() => proxy.Log.Count(1) == 2, "the second stream"), time, TimeSpan.FromMilliseconds(250));

        Assert.Contains("TokenExpired", Assert.Single(proxy.Log.Lines, l => l.Id.Id == 5).Text, StringComparison.Ordinal);
        Assert.Equal(0, proxy.Log.Count(2));
    }

    [Fact]
    public async Task A_stream_ends_when_the_token_that_began_it_expires()
    {
        var time = new ManualTimeProvider();
        using IssuerKeysCache cache = Cache(time);
        await using FeedServer server = await ServeAsync(cache, time);
        using var call = new OperatorStream(server.Server.SecureAddress, _keys.Credentials(_keys.Token(expires: TimeSpan.FromMinutes(10), now: time.GetUtcNow())), null, CancellationToken.None);
        await call.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = "test" } });
        Assert.NotNull((await call.ReadAsync())!.Snapshot);
        Assert.NotNull((await call.ReadAsync())!.SyncComplete);
        DateTimeOffset started = time.GetUtcNow();

        GoAway? goAway = null;
        var reading = Task.Run(async () =>
        {
            while (await call.ReadAsync() is { } message)
            {
                goAway = message.GoAway;
            }
        });
        RpcException end = await Assert.ThrowsAsync<RpcException>(() => Eventually.CompletedAsync(reading, time, TimeSpan.FromSeconds(10)));

        Assert.Equal((GoAwayReason.TokenExpired, StatusCode.Unauthenticated), (goAway?.Reason, end.StatusCode));
        Assert.InRange(time.GetUtcNow() - started, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(12));
    }

    [Fact]
    public async Task A_token_that_expires_while_it_is_verified_brings_a_stream_that_ends_before_it_tells_anything()
    {
        var time = new ManualTimeProvider();
        using IssuerKeysCache cache = Cache(time);
        var authenticator = new TokenAuthenticator(cache, null, [FeedKeys.Subject], time, NullLogger<TokenAuthenticator>.Instance);
        await using FeedServer server = await FeedServer.StartAsync(time, new SlowAuthenticator(authenticator, time, TimeSpan.FromMinutes(2)), _keys);
        server.Table.Apply([], [], default);
        using var call = new OperatorStream(server.Server.SecureAddress, _keys.Credentials(_keys.Token(expires: TimeSpan.FromMinutes(1), now: time.GetUtcNow())), null, CancellationToken.None);
        await call.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = "test" } });

        FeedMessage? first = await call.ReadAsync();

        Assert.Equal(GoAwayReason.TokenExpired, first?.GoAway?.Reason);
        Assert.Equal(
            StatusCode.Unauthenticated,
            (await Assert.ThrowsAsync<RpcException>(() => Eventually.CompletedAsync(call.ReadAsync(), time, TimeSpan.FromSeconds(1)))).StatusCode);
    }

    [Fact]
    public async Task The_development_switch_lets_anybody_on_this_machine_follow()
    {
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path, keys: _keys, arguments: "--Operator:FeedInsecure=true");
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run.FeedPort);

        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy follows");
    }

    // The real one, on a machine that is out of breath.
    private sealed class SlowAuthenticator(TokenAuthenticator authenticator, ManualTimeProvider time, TimeSpan pause) : IProxyAuthenticator
    {
        public async ValueTask<ProxyIdentity> AuthenticateAsync(string? token, IPEndPoint peer, CancellationToken cancellationToken)
        {
            ProxyIdentity identity = await authenticator.AuthenticateAsync(token, peer, cancellationToken);
            time.Advance(pause);
            return identity;
        }
    }

    private IssuerKeysCache Cache(TimeProvider time) => new(new JwksFile(_keys.JwksFile, FeedKeys.Issuer), time, NullLogger<IssuerKeysCache>.Instance);

    // An operator whose clock is in the test's hands.
    private async Task<FeedServer> ServeAsync(IssuerKeysCache cache, TimeProvider time)
    {
        FeedServer server = await FeedServer.StartAsync(
            time, new TokenAuthenticator(cache, null, [FeedKeys.Subject], time, NullLogger<TokenAuthenticator>.Instance), _keys);
        server.Table.Apply([], [], default);
        return server;
    }

    private static string Answer(HttpClient http, string path)
    {
        using HttpResponseMessage response = http.GetAsync(path).GetAwaiter().GetResult();
        return response.Content.ReadAsStringAsync().GetAwaiter().GetResult();
    }
}
