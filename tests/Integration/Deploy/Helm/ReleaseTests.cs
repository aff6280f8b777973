using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy.Helm;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy.Helm;

/// <summary>The chart at a real API server of its own: the other tests' server has deploy/ already.</summary>
public sealed class ReleaseTests(KubernetesServer server) : IClassFixture<KubernetesServer>
{
    private const string Crd = "customresourcedefinition/claudesessions.tars.cloudwalk.network";

    [ReleaseFact]
    public async Task The_chart_is_installed_upgraded_rolled_back_and_removed_and_the_sessions_stay()
    {
        using var directory = new TemporaryDirectory();
        string before = await EarlierChartAsync(directory);
        // A server of 1.20 does not know the CRD's newest fields, and server-side apply refuses what it does not know.
        var release = new HelmRelease(server.AdminKubeconfig, "--values", ChartFiles.LegacyValues, "--disable-openapi-validation");
        await server.KubectlAsync("delete", Crd);

        await release.InstallAsync(before, "--server-side=false");
        await server.KubectlAsync("wait", "--for=condition=Established", Crd, "--timeout=60s");
        await server.ApplyAsync(Repository.File("deploy/examples/claudesession.yaml"));
        Assert.Equal(("2", ""), (await ProxiesAsync(), await ShortNamesAsync()));

        // The CRD is upgraded as well.
        await release.UpgradeAsync(ChartFiles.Directory, "--set", "proxy.replicas=3");
        Assert.Equal(("3", "csess"), (await ProxiesAsync(), await ShortNamesAsync()));

        await release.RollbackAsync(1);
        Assert.Equal("2", await ProxiesAsync());

        await release.UninstallAsync();
        Assert.Equal("", await NamesAsync("deployments,services,serviceaccounts,networkpolicies,roles,rolebindings", "ssh-gateway"));
        Assert.Equal("", await NamesAsync("rolebindings,networkpolicies", "claude-sessions"));
        await AssertSessionIsThereAsync();

        // What was kept is the next release's.
        await release.InstallAsync(ChartFiles.Directory, "--server-side=false");
        Assert.Equal(("2", "csess"), (await ProxiesAsync(), await ShortNamesAsync()));
        await AssertSessionIsThereAsync();
        await release.UninstallAsync();
    }

    private async Task AssertSessionIsThereAsync()
    {
        Assert.Equal("namespace/claude-sessions", (await server.KubectlAsync("get", "namespace", "claude-sessions", "-o", "name")).Trim());
        Assert.Equal("claudesession.tars.cloudwalk.network/abc12", (await NamesAsync("claudesessions", "claude-sessions")).Trim());
    }

    private Task<string> ProxiesAsync() =>
        server.KubectlAsync("get", "deployment", "ssh-gateway-proxy", "--namespace", "ssh-gateway", "-o", "jsonpath={.spec.replicas}");

    private Task<string> ShortNamesAsync() => server.KubectlAsync("get", Crd, "-o", "jsonpath={.spec.names.shortNames[*]}");

    private Task<string> NamesAsync(string kinds, string inNamespace) => server.KubectlAsync("get", kinds, "--namespace", inNamespace, "-o", "name");

    // As an earlier version might have been: its CRD has no short name yet.
    private static async Task<string> EarlierChartAsync(TemporaryDirectory directory)
    {
        string chart = await ChartFiles.CopyAsync(directory);
        string file = Path.Combine(chart, "files", "claudesessions.yaml");
        string crd = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, crd.Replace("    shortNames: [csess]\n", "", StringComparison.Ordinal));
        return chart;
    }
}
