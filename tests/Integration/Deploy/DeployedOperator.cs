using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SshGateway.Operator.Hosting;
using SshGateway.Operator.Leader;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>The operator with the options that deploy/ gives it, as its ServiceAccount.</summary>
internal sealed class DeployedOperator(WebApplication app) : IAsyncDisposable
{
    /// <summary>Where the probes are.</summary>
    public Uri Http => Address(1);

    /// <summary>Where TARS asks.</summary>
    public Uri Internal => Address(2);

    public bool IsLeader => app.Services.GetRequiredService<LeaderDuties>().IsLeader;

    /// <returns>The operator, once it holds the Lease.</returns>
    public static async Task<DeployedOperator> StartAsync(KubernetesServer server, FeedKeys? feedKeys = null)
    {
        DeployedOperator started = await StartReplicaAsync(server, feedKeys: feedKeys);
        await Eventually.TrueAsync(() => started.IsLeader, "the operator holds the Lease");
        return started;
    }

    /// <param name="server">The API server.</param>
    /// <param name="address">Where the operator reaches it; null: directly.</param>
    /// <param name="feedKeys">The feed's; null: those that all tests share.</param>
    /// <param name="more">Options besides those of deploy/.</param>
    public static Task<DeployedOperator> StartReplicaAsync(KubernetesServer server, Uri? address = null, FeedKeys? feedKeys = null, params string[] more) =>
        // The tests' feed is at an address of its own, so its certificate is not the Secret's.
        StartAsync(server, address, [.. (feedKeys ?? FeedKeys.Shared).CertificateArguments, .. more]);

    /// <summary>With the feed's certificate as deploy/ has it: from the Secret.</summary>
    public static Task<DeployedOperator> StartWithSecretAsync(KubernetesServer server, params string[] more) =>
        StartAsync(server, null, ["--Operator:FeedNames:0=127.0.0.1", .. more]);

    private static async Task<DeployedOperator> StartAsync(KubernetesServer server, Uri? address, IReadOnlyList<string> more)
    {
        IReadOnlyList<JsonElement> objects = await Kustomize.RenderAsync("deploy/overlays/legacy-1.20");
        JsonElement container = objects.Single(o => o.Kind() == "Deployment" && o.Name() == "ssh-gateway-operator").At("spec.template.spec.containers")[0];
        IEnumerable<string> options = container.GetProperty("env").EnumerateArray()
            .Select(e => $"--{e.GetProperty("name").GetString()!.Replace("__", ":", StringComparison.Ordinal)}={e.GetProperty("value").GetString()}");
        string token = await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-operator");
        WebApplication app = OperatorHost.Build(
        [
            .. options,
            // What a pod knows by itself.
            $"--Operator:Kubeconfig={server.Kubeconfig(address, $"token: {token}")}", "--Operator:LeaseNamespace=ssh-gateway",
            "--Operator:FeedListen=127.0.0.1:0", "--Operator:HttpListen=127.0.0.1:0", "--Operator:InternalListen=127.0.0.1:0",
            .. more,
        ]);
        await app.StartAsync();
        return new DeployedOperator(app);
    }

    public int FeedPort => Address(0).Port;

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private Uri Address(int listener) => new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ElementAt(listener));
}
