using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.FeedCertificates;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Kubernetes;
using FeedAuthority = SshGateway.Operator.Kubernetes.FeedCertificates.FeedAuthority;
using TestAuthority = SshGateway.Tests.Support.FeedAuthority;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>The feed's CA and certificate on a real API server, under exactly the role of deploy/.</summary>
[Collection(DeployGroup.Name)]
public sealed class FeedCaTests(KubernetesServer server) : IAsyncLifetime, IDisposable
{
    private const string Name = "ssh-gateway-feed-ca";

    private static readonly FeedCaSettings Settings = new(
        "ssh-gateway", Name, Name, ["127.0.0.1"], TimeSpan.FromDays(30), TimeSpan.FromDays(365), TimeSpan.FromHours(1));

    private readonly FeedKeys _keys = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly FeedSecret _shown = new();
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UtcNow);
    private ApiClient? _api;
    private bool _leads = true;

    public async Task InitializeAsync()
    {
        if (KubernetesPrograms.Problem is null && KubectlProgram.Problem is null)
        {
            await DeployedOverlay.ApplyAsync(server);
            await DeleteAsync("secret", "configmap");
            string token = await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-operator");
            _api = new ApiClient(ApiConnection.Open(KubeconfigReader.Read(server.Kubeconfig(user: $"token: {token}"), TimeProvider.System)), TimeProvider.System);
        }
    }

    public async Task DisposeAsync()
    {
        if (_api is not null)
        {
            await DeleteAsync("secret", "configmap");
        }
    }

    public void Dispose()
    {
        _api?.Dispose();
        _keys.Dispose();
        _directory.Dispose();
    }

    [DeployedFact]
    public async Task Two_replicas_show_one_certificate_that_one_of_them_made_and_proxies_trust_it()
    {
        await using DeployedOperator first = await DeployedOperator.StartWithSecretAsync(server);
        await using DeployedOperator second = await DeployedOperator.StartWithSecretAsync(server);
        await Eventually.TrueAsync(async () => await BundleAsync() is not null, "the CA is published");
        await File.WriteAllTextAsync(_keys.AuthoritiesFile, await BundleAsync());
        _keys.PutToken(await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-proxy", FeedKeys.Audience));

        await using FeedClientRun one = await FeedClientRun.StartAsync(first.FeedPort, _keys);
        await using FeedClientRun other = await FeedClientRun.StartAsync(second.FeedPort, _keys);
        await Eventually.TrueAsync(() => one.HasSynced && other.HasSynced, "a proxy follows each");
        Assert.True(first.IsLeader ^ second.IsLeader);
    }

    [DeployedFact]
    public async Task A_rotation_publishes_waits_signs_waits_and_drops()
    {
        FeedCaKeeper keeper = Keeper();
        await RunAsync(keeper);
        FeedAuthority made = await AuthorityAsync();
        Assert.Equal((made.Ca.Certificates, made.Certificate), (await BundleAsync(), _shown.Read().Pem));

        _time.Advance(TimeSpan.FromDays(25));
        await RunAsync(keeper);
        FeedAuthority renewed = await AuthorityAsync();
        Assert.NotEqual(made.Certificate, renewed.Certificate);
        Assert.Equal((made.Ca, renewed.Certificate, made.Bundle), (renewed.Ca, _shown.Read().Pem, await BundleAsync()));

        _time.Advance(TimeSpan.FromDays(220));
        await RunAsync(keeper);
        FeedAuthority announced = await AuthorityAsync();
        Assert.Equal((made.Ca, announced.Ca.Certificates + announced.Next!.Certificates), (announced.Ca, await BundleAsync()));

        _time.Advance(TimeSpan.FromMinutes(59));
        await RunAsync(keeper);
        Assert.Equal(announced, await AuthorityAsync());
        _time.Advance(TimeSpan.FromMinutes(1));
        await RunAsync(keeper);
        FeedAuthority signing = await AuthorityAsync();
        Assert.Equal((announced.Next, null, announced.Bundle), (signing.Ca, signing.Next, await BundleAsync()));

        _time.Advance(TimeSpan.FromHours(1));
        await RunAsync(keeper);
        FeedAuthority done = await AuthorityAsync();
        Assert.Equal((announced.Next, null, announced.Next.Certificates), (done.Ca, done.Previous, await BundleAsync()));
        Assert.Equal(["ca.crt", "ca.key", "tls.crt", "tls.key"], (await DataAsync("secret")).Keys.Order(StringComparer.Ordinal));
        Assert.Equal(done.Certificate, _shown.Read().Pem);
    }

    [DeployedFact]
    public async Task What_an_editor_takes_out_of_the_bundle_comes_back_and_the_overlap_begins_anew()
    {
        FeedCaKeeper keeper = Keeper();
        await RunAsync(keeper);
        _time.Advance(TimeSpan.FromDays(250));
        await RunAsync(keeper);
        FeedAuthority announced = await AuthorityAsync();
        Assert.NotNull(announced.Next);

        _time.Advance(TimeSpan.FromMinutes(50));
        await PatchAsync("configmap", new JsonObject { ["data"] = new JsonObject { ["ca.crt"] = announced.Ca.Certificates } });
        await RunAsync(keeper);
        Assert.Equal(announced.Bundle, await BundleAsync());
        _time.Advance(TimeSpan.FromMinutes(50));
        await RunAsync(keeper);
        Assert.Equal(announced, await AuthorityAsync());
        _time.Advance(TimeSpan.FromMinutes(10));
        await RunAsync(keeper);
        Assert.Equal(announced.Next, (await AuthorityAsync()).Ca);
    }

    [DeployedFact]
    public async Task A_publication_in_the_future_is_not_waited_for()
    {
        FeedCaKeeper keeper = Keeper();
        await RunAsync(keeper);
        _time.Advance(TimeSpan.FromDays(250));
        await RunAsync(keeper);
        FeedAuthority announced = await AuthorityAsync();

        await PatchAsync("configmap", new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [FeedCaKeeper.PublishedAt] = "2099-01-01T00:00:00Z" } },
        });
        await RunAsync(keeper);
        Assert.Equal(announced, await AuthorityAsync());
        _time.Advance(TimeSpan.FromHours(1));
        await RunAsync(keeper);

        Assert.Equal(announced.Next, (await AuthorityAsync()).Ca);
    }

    [DeployedFact]
    public async Task Of_two_that_believe_to_lead_the_slower_one_changes_nothing()
    {
        FeedCaKeeper faster = Keeper();
        await RunAsync(faster);
        _time.Advance(TimeSpan.FromDays(25));
        // It is asked once more before it writes; by then the other one has.
        int asked = 0;
        FeedCaKeeper slower = Keeper(() =>
        {
            if (++asked == 2)
            {
                RunAsync(faster).GetAwaiter().GetResult();
            }
            return true;
        });
        FeedAuthority before = await AuthorityAsync();

        Assert.False(await slower.StepAsync(CancellationToken.None));

        Assert.Equal(2, asked);
        Assert.NotEqual(before.Certificate, _shown.Read().Pem);
        Assert.Equal((await AuthorityAsync()).Certificate, _shown.Read().Pem);
    }

    [DeployedFact]
    public async Task A_Secret_of_somebodys_own_is_shown_and_never_changed()
    {
        using var authority = new TestAuthority();
        (string certificate, string key) = authority.Issue(System.Net.IPAddress.Loopback);
        await CreateSecretAsync(authority.Pem, certificate, key);
        string before = await server.KubectlAsync("get", "secret", "-n", "ssh-gateway", Name, "-o", "jsonpath={.metadata.resourceVersion}");
        FeedCaKeeper keeper = Keeper();

        await RunAsync(keeper);
        Assert.Equal((certificate, key), (_shown.Read().Pem!.Certificates, _shown.Read().Pem!.Key));
        // Where proxies would have nothing to trust, they are given its CA; from then on that is its owner's as well.
        Assert.Equal(authority.Pem, await BundleAsync());
        await PatchAsync("configmap", new JsonObject { ["data"] = new JsonObject { ["ca.crt"] = "the owner's" } });
        _time.Advance(TimeSpan.FromDays(3650));
        await RunAsync(keeper);
        Assert.Equal("the owner's", await BundleAsync());
        Assert.Equal(before, await server.KubectlAsync("get", "secret", "-n", "ssh-gateway", Name, "-o", "jsonpath={.metadata.resourceVersion}"));

        (certificate, key) = authority.Issue(System.Net.IPAddress.Loopback);
        await DeleteAsync("secret");
        await CreateSecretAsync(authority.Pem, certificate, key);
        await RunAsync(keeper);
        Assert.Equal(certificate, _shown.Read().Pem!.Certificates);
    }

    [DeployedFact]
    public async Task A_ConfigMap_of_somebodys_own_keeps_the_CA_as_it_is()
    {
        await server.KubectlAsync("create", "configmap", "-n", "ssh-gateway", Name, "--from-literal=ca.crt=mine");
        FeedCaKeeper keeper = Keeper();
        // A CA beside the one that the proxies trust would lock them out.
        Assert.Contains("no Secret", (await Assert.ThrowsAsync<InvalidDataException>(() => keeper.StepAsync(CancellationToken.None))).Message, StringComparison.Ordinal);
        Assert.Equal("", await server.KubectlAsync("get", "secret", "-n", "ssh-gateway", Name, "--ignore-not-found"));

        await DeleteAsync("configmap");
        await RunAsync(keeper);
        FeedAuthority made = await AuthorityAsync();
        await PatchAsync("configmap", JsonNode.Parse("""{"metadata": {"labels": null}, "data": {"ca.crt": "mine"} }""")!);
        _time.Advance(TimeSpan.FromDays(300));
        Assert.True(await keeper.StepAsync(CancellationToken.None), "the certificate is renewed");
        Assert.Contains("managed-by", (await Assert.ThrowsAsync<InvalidDataException>(() => keeper.StepAsync(CancellationToken.None))).Message, StringComparison.Ordinal);
        Assert.Equal(("mine", made.Ca, null), (await BundleAsync(), (await AuthorityAsync()).Ca, (await AuthorityAsync()).Next));
    }

    [DeployedFact]
    public async Task A_deleted_Secret_is_how_to_have_a_new_CA_at_once()
    {
        FeedCaKeeper keeper = Keeper();
        await RunAsync(keeper);
        FeedAuthority old = await AuthorityAsync();

        await DeleteAsync("secret");
        await RunAsync(keeper);

        FeedAuthority made = await AuthorityAsync();
        Assert.NotEqual(old.Ca, made.Ca);
        Assert.Equal((made.Bundle, made.Certificate), (await BundleAsync(), _shown.Read().Pem));
    }

    [DeployedFact]
    public async Task Who_does_not_lead_reads_and_writes_nothing()
    {
        FeedCaKeeper keeper = Keeper();
        _leads = false;
        await RunAsync(keeper);
        Assert.Null(await BundleAsync());
        Assert.Contains("the leader has not made the Secret", _shown.Read().Problem, StringComparison.Ordinal);

        _leads = true;
        await RunAsync(keeper);
        FeedAuthority made = await AuthorityAsync();
        _leads = false;
        _time.Advance(TimeSpan.FromDays(1000));
        await RunAsync(keeper);
        Assert.Equal((made, made.Certificate), (await AuthorityAsync(), _shown.Read().Pem));
    }

    // One replica of several: its clock is the test's, and so is whether it leads. Requests are made in real time.
    private FeedCaKeeper Keeper(Func<bool>? isLeader = null) =>
        new(_api!, isLeader ?? (() => _leads), Settings, _shown, _time, NullLogger<FeedCaKeeper>.Instance);

    private static async Task RunAsync(FeedCaKeeper keeper)
    {
        while (await keeper.StepAsync(CancellationToken.None))
        {
        }
    }

    private async Task<FeedAuthority> AuthorityAsync() => FeedAuthority.Read(
        new V1Secret { Data = (await DataAsync("secret")).ToDictionary(v => v.Key, v => Convert.FromBase64String(v.Value)) });

    private async Task<string?> BundleAsync() => (await DataAsync("configmap")).GetValueOrDefault("ca.crt");

    private async Task<Dictionary<string, string>> DataAsync(string kind) =>
        await server.KubectlAsync("get", kind, "-n", "ssh-gateway", Name, "--ignore-not-found", "-o", "json") is { Length: > 0 } text
            ? JsonSerializer.Deserialize<JsonElement>(text).GetProperty("data").Deserialize<Dictionary<string, string>>()! : [];

    private Task<string> PatchAsync(string kind, JsonNode patch) =>
        server.KubectlAsync("patch", kind, "-n", "ssh-gateway", Name, "--type=merge", "-p", patch.ToJsonString());

    private async Task CreateSecretAsync(string ca, string certificate, string key)
    {
        (string Name, string Content)[] files = [("ca.crt", ca), ("tls.crt", certificate), ("tls.key", key)];
        foreach ((string name, string content) in files)
        {
            _directory.Write(name, content);
        }
        await server.KubectlAsync(["create", "secret", "generic", "-n", "ssh-gateway", Name, .. files.Select(file => $"--from-file={_directory.File(file.Name)}")]);
    }

    private async Task DeleteAsync(params string[] kinds)
    {
        foreach (string kind in kinds)
        {
            await server.KubectlAsync("delete", kind, "-n", "ssh-gateway", Name, "--ignore-not-found");
        }
    }
}
