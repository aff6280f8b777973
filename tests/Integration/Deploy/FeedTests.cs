using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Tokens;
using SshGateway.Tests.Integration.Feed;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>
/// The feed as deploy/ sets it up: tokens of a real API server, which the operator verifies with that server's keys.
/// </summary>
[Collection(DeployGroup.Name)]
public sealed class FeedTests(KubernetesServer server) : IDisposable
{
    private const string Audience = "ssh-gateway-operator";

    private readonly FeedKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [DeployedFact]
    public async Task A_proxys_projected_token_lets_it_follow_the_feed_and_no_other_token_does()
    {
        await DeployedOverlay.ApplyAsync(server);
        await using DeployedOperator gateway = await DeployedOperator.StartAsync(server, _keys);

        await AssertRefusedAsync(gateway, "ssh-gateway-operator", Audience, "the token's subject is none of");
        await AssertRefusedAsync(gateway, "ssh-gateway-proxy", null, "the token is not for the audience");
        // Of the tests' own issuer, not of the API server.
        _keys.PutToken(_keys.Token());
        await AssertRefusedAsync(gateway, "the token's key is none of the issuer's");

        _keys.PutToken(await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-proxy", Audience));
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(gateway.FeedPort, _keys);
        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy follows");
    }

    [DeployedFact]
    public async Task Where_the_issuers_keys_may_not_be_read_the_API_server_is_asked()
    {
        const string Binding = "system:service-account-issuer-discovery";
        await DeployedOverlay.ApplyAsync(server);
        await server.KubectlAsync("delete", "clusterrolebinding", Binding);
        try
        {
            await using DeployedOperator gateway = await DeployedOperator.StartAsync(server, _keys);
            await AssertRefusedAsync(gateway, "ssh-gateway-operator", Audience, "the token's subject is none of");
            await AssertRefusedAsync(gateway, "ssh-gateway-proxy", null, "the API server does not accept the token");
            _keys.PutToken(_keys.Token());
            await AssertRefusedAsync(gateway, "the API server does not accept the token");

            _keys.PutToken(await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-proxy", Audience));
            await using FeedClientRun proxy = await FeedClientRun.StartAsync(gateway.FeedPort, _keys);
            await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy follows");
        }
        finally
        {
            await server.KubectlAsync("create", "clusterrolebinding", Binding, $"--clusterrole={Binding}", "--group=system:serviceaccounts");
        }
    }

    [DeployedFact]
    public async Task Where_the_issuers_keys_cannot_be_asked_for_by_an_unreadable_file_the_API_server_is_asked_about_the_token()
    {
        await DeployedOverlay.ApplyAsync(server);
        string account = await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-operator");
        ApiServerAccess good = KubeconfigReader.Read(server.Kubeconfig(user: $"token: {account}"), TimeProvider.System);
        // A token file that is away for the moment, as while a volume is replaced: an IOException, and no answer of a
        // server.
        ApiServerAccess broken = good with { Credentials = new TokenFile(Path.Combine(Path.GetTempPath(), "no", "such", "token"), null, TimeProvider.System) };
        using var brokenApi = new ApiClient(ApiConnection.Open(broken), TimeProvider.System);
        using var goodApi = new ApiClient(ApiConnection.Open(good), TimeProvider.System);
        var keys = new ClusterIssuerKeys(brokenApi);
        Assert.IsAssignableFrom<IOException>((await Assert.ThrowsAsync<IssuerKeysException>(() => keys.ReadAsync(CancellationToken.None))).InnerException);
        using var cache = new IssuerKeysCache(keys, TimeProvider.System, NullLogger<IssuerKeysCache>.Instance);
        using var reviewer = new TokenReviewer(goodApi, TimeProvider.System, NullLogger<TokenReviewer>.Instance);
        var authenticator = new TokenAuthenticator(cache, reviewer, [FeedKeys.Subject], TimeProvider.System, NullLogger<TokenAuthenticator>.Instance);
        string token = await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-proxy", Audience);

        ProxyIdentity identity = await authenticator.AuthenticateAsync(token, new IPEndPoint(IPAddress.Loopback, 1), CancellationToken.None);

        Assert.Equal(FeedKeys.Subject, identity.Subject);
    }

    private async Task AssertRefusedAsync(DeployedOperator gateway, string account, string? audience, string reason)
    {
        _keys.PutToken(await Account.TokenAsync(server, "ssh-gateway", account, audience));
        await AssertRefusedAsync(gateway, reason);
    }

    private async Task AssertRefusedAsync(DeployedOperator gateway, string reason)
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(gateway.FeedPort, _keys);
        await Eventually.TrueAsync(() => proxy.NotReady?.Contains($"Unauthenticated: the operator refuses this proxy: {reason}", StringComparison.Ordinal) == true, reason);
        Assert.False(proxy.HasSynced);
    }
}
