using System.Net;
using SshGateway.Tests.Integration.Crd;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>Who may do what, with ServiceAccount tokens at a real API server that has RBAC on.</summary>
[Collection(DeployGroup.Name)]
public sealed class PermissionTests(KubernetesServer server)
{
    [DeployedFact]
    public async Task The_operator_may_do_this_and_nothing_else()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account account = await Account.OfServiceAccountAsync(server, "ssh-gateway", "ssh-gateway-operator");

        await AssertRulesAsync(account, DeployedRules.Operator);
    }

    [DeployedFact]
    public async Task A_proxy_may_do_nothing()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account account = await Account.OfServiceAccountAsync(server, "ssh-gateway", "ssh-gateway-proxy");

        await AssertRulesAsync(account, DeployedRules.Proxy);
    }

    [DeployedFact]
    public async Task TARS_may_do_this_and_nothing_else()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account account = await Account.OfServiceAccountAsync(server, "tars", "tars");

        await AssertRulesAsync(account, DeployedRules.Tars);
    }

    [DeployedFact]
    public async Task TARS_makes_changes_and_deletes_sessions_and_the_operator_writes_their_status()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account tars = await Account.OfServiceAccountAsync(server, "tars", "tars");
        using Account gateway = await Account.OfServiceAccountAsync(server, "ssh-gateway", "ssh-gateway-operator");
        const string Session = $"{DeployedOverlay.Sessions}/abc12";
        const string Suspend = """{"spec": {"access": "Disabled"} }""";
        const string Status = """{"status": {"phase": "Ready"} }""";

        Assert.Equal(HttpStatusCode.Created, await StatusAsync(tars, HttpMethod.Post, DeployedOverlay.Sessions, SessionVariants.All[0].Json));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(tars, HttpMethod.Patch, Session, Suspend));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(tars, HttpMethod.Patch, $"{Session}/status", Status));
        // RBAC knows no labels: with this verb it may change the rest as well.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, HttpMethod.Patch, Session, """{"metadata": {"labels": {"tars.cloudwalk.network/owner": "ada"} } }"""));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(gateway, HttpMethod.Put, Session, Suspend));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(gateway, HttpMethod.Post, DeployedOverlay.Sessions, SessionVariants.All[0].Json));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, HttpMethod.Patch, $"{Session}/status", Status));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(tars, HttpMethod.Delete, Session));
        Assert.Equal(HttpStatusCode.Created, await StatusAsync(tars, HttpMethod.Post, DeployedOverlay.Sessions, SessionVariants.All[0].Json));
        // For spec.ttlAfterExpiry.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, HttpMethod.Delete, Session));
    }

    [DeployedFact]
    public async Task What_is_not_the_operators_is_refused_to_it()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account gateway = await Account.OfServiceAccountAsync(server, "ssh-gateway", "ssh-gateway-operator");

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, HttpMethod.Get, "api/v1/namespaces/claude-sessions/pods"));
        // Its own Lease, which need not be there yet.
        Assert.NotEqual(HttpStatusCode.Forbidden, await StatusAsync(gateway, HttpMethod.Get, "apis/coordination.k8s.io/v1/namespaces/ssh-gateway/leases/ssh-gateway-operator"));
        (HttpMethod Method, string Path)[] refused =
        [
            (HttpMethod.Get, "api/v1/secrets"),
            (HttpMethod.Get, "api/v1/namespaces/ssh-gateway/secrets"),
            (HttpMethod.Get, "api/v1/namespaces/ssh-gateway/secrets/another"),
            (HttpMethod.Get, "api/v1/namespaces/ssh-gateway/secrets/ssh-gateway-user-ca"),
            (HttpMethod.Get, "api/v1/namespaces/ssh-gateway/secrets/ssh-gateway-host-keys"),
            (HttpMethod.Delete, "api/v1/namespaces/ssh-gateway/secrets/ssh-gateway-user-ca"),
            (HttpMethod.Put, "api/v1/namespaces/ssh-gateway/secrets/ssh-gateway-user-ca"),
            (HttpMethod.Patch, "api/v1/namespaces/ssh-gateway/configmaps/ssh-gateway-user-ca"),
            (HttpMethod.Delete, "api/v1/namespaces/ssh-gateway/secrets/ssh-gateway-feed-ca"),
            (HttpMethod.Patch, "api/v1/namespaces/ssh-gateway/secrets/ssh-gateway-host-keys"),
            (HttpMethod.Post, "api/v1/namespaces/claude-sessions/secrets"),
            (HttpMethod.Get, "api/v1/namespaces/claude-sessions/secrets"),
            (HttpMethod.Get, "api/v1/namespaces/kube-system/pods"),
            (HttpMethod.Post, "api/v1/namespaces/claude-sessions/pods/claude-abc12/exec?command=sh"),
            (HttpMethod.Delete, "api/v1/namespaces/claude-sessions/pods/claude-abc12"),
            (HttpMethod.Get, "apis/coordination.k8s.io/v1/namespaces/ssh-gateway/leases/another"),
            (HttpMethod.Get, "api/v1/nodes"),
        ];
        await AssertRefusedAsync(gateway, refused);
    }

    [DeployedFact]
    public async Task What_is_not_TARSs_is_refused_to_it()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account tars = await Account.OfServiceAccountAsync(server, "tars", "tars");

        await AssertRefusedAsync(
            tars,
            (HttpMethod.Get, "api/v1/secrets"),
            (HttpMethod.Get, "api/v1/namespaces/ssh-gateway/secrets/ssh-gateway-user-ca"),
            (HttpMethod.Get, "api/v1/namespaces/ssh-gateway/secrets/ssh-gateway-feed-ca"),
            (HttpMethod.Get, "api/v1/namespaces/claude-sessions/secrets"),
            (HttpMethod.Post, "api/v1/namespaces/claude-sessions/pods/claude-abc12/exec?command=sh"),
            (HttpMethod.Put, $"{DeployedOverlay.Sessions}/abc12/status"),
            (HttpMethod.Patch, $"{DeployedOverlay.Sessions}/abc12/status"),
            (HttpMethod.Get, "apis/tars.cloudwalk.network/v1alpha1/namespaces/default/claudesessions"),
            (HttpMethod.Post, "apis/authentication.k8s.io/v1/tokenreviews"));
    }

    private static async Task AssertRulesAsync(Account account, IReadOnlyDictionary<string, string[]> expected)
    {
        foreach ((string inNamespace, string[] rules) in expected)
        {
            Assert.Equal(rules, await account.RulesAsync(inNamespace));
        }
    }

    private static async Task AssertRefusedAsync(Account account, params (HttpMethod Method, string Path)[] refused)
    {
        foreach ((HttpMethod method, string path) in refused)
        {
            string? body = method == HttpMethod.Get || method == HttpMethod.Delete ? null : "{}";
            Assert.True(await StatusAsync(account, method, path, body) == HttpStatusCode.Forbidden, $"{method} {path}");
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(Account account, HttpMethod method, string path, string? json = null) => (await account.SendAsync(method, path, json)).Status;
}
