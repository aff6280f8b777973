using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Tokens;
using SshGateway.Tests.Integration.Kubernetes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>The issuer's keys, read from a real API server while callers leave and connections break.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class IssuerKeysTests(KubernetesServer server) : IAsyncLifetime
{
    private const string Keys = "openid/v1/jwks";

    private readonly string _binding = $"discovery-{Guid.NewGuid():N}";

    public Task InitializeAsync() => server.KubectlAsync(
        "create", "clusterrolebinding", _binding, "--clusterrole=system:service-account-issuer-discovery", "--user=operator");

    public Task DisposeAsync() => server.KubectlAsync("delete", "clusterrolebinding", _binding);

    [KubernetesFact]
    public async Task A_caller_that_leaves_does_not_end_the_refresh_of_the_others()
    {
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        using ApiClient api = Connect(proxy);
        using IssuerKeysCache cache = Cache(api, new ManualTimeProvider());
        proxy.HoldAnswersTo(Keys);
        using var leaving = new CancellationTokenSource();
        Task<IssuerKeys?> left = cache.GetAsync("key", leaving.Token).AsTask();
        await Eventually.TrueAsync(() => Reads(proxy) == 1, "the keys are asked for");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Task<IssuerKeys?> waiting = cache.GetAsync("key", CancellationToken.None).AsTask();
        Task<IssuerKeys?> joining = cache.GetAsync("other", CancellationToken.None).AsTask();

        proxy.ReleaseAnswers();

        Assert.NotNull(await waiting.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.NotNull(await joining.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(1, Reads(proxy));
    }

    [KubernetesFact]
    public async Task After_a_refresh_that_failed_the_keys_are_as_old_as_they_were()
    {
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        using ApiClient api = Connect(proxy);
        var time = new ManualTimeProvider();
        using IssuerKeysCache cache = Cache(api, time);
        JsonNode published = JsonNode.Parse(await api.GetAsync(Keys, null, CancellationToken.None))!;
        string key = published["keys"]![0]!["kid"]!.GetValue<string>();
        IssuerKeys? first = await cache.GetAsync(key, CancellationToken.None);
        Assert.NotNull(first?.Find(key));
        Assert.Equal(2, Reads(proxy));
        await proxy.RefuseAsync();
        proxy.Cut();
        time.Advance(TimeSpan.FromHours(1));
        // They are still the best that is known.
        Assert.Same(first, await cache.GetAsync(key, CancellationToken.None));
        proxy.Accept();

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.NotSame(first, await cache.GetAsync(key, CancellationToken.None));
        Assert.Equal(3, Reads(proxy));
    }

    private static int Reads(FaultyProxy proxy) => proxy.Requests.Count(r => r.Line.Contains(Keys, StringComparison.Ordinal));

    private ApiClient Connect(FaultyProxy proxy) =>
        new(ApiConnection.Open(KubeconfigReader.Read(server.Kubeconfig(proxy.Address), TimeProvider.System)), TimeProvider.System);

    private static IssuerKeysCache Cache(ApiClient api, ManualTimeProvider time) =>
        new(new ClusterIssuerKeys(api), time, NullLogger<IssuerKeysCache>.Instance);
}
