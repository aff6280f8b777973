using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Deploy.Helm;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// The chart in the life of a cluster that was deployed with kubectl: it takes over, changes, goes and comes again.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class HelmTests(GatewayCluster cluster)
{
    private static readonly string Session = GatewayCluster.SessionOn(ClusterNodes.Second);

    [ClusterHelmFact]
    public async Task The_chart_takes_over_is_upgraded_rolled_back_removed_and_installed_again()
    {
        var release = new HelmRelease(
            Path.Combine(cluster.Nodes.Directory, "admin.kubeconfig"),
            "--values", ChartFiles.LegacyValues,
            "--disable-openapi-validation",
            "--set", $"operator.image.tag={cluster.Nodes.Tag("operator")},proxy.image.tag={cluster.Nodes.Tag("proxy")}",
            "--set", "proxy.extraEnv[0].name=Proxy__AuditLog,proxy.extraEnv[0].value=-")
        {
            Launcher = ["nsenter", .. cluster.Nodes.OnClient],
        };
        try
        {
            await LoginLoop.WhileAsync(cluster, [(cluster.Ssh, Session)], () => ReplaceAsync(release));
            await release.UninstallAsync();
            Assert.Equal("", await NamesAsync(GatewayCluster.Gateway, "deployment/ssh-gateway-proxy", "deployment/ssh-gateway-operator", "service/ssh-gateway"));
            // Its pod was not touched either.
            Assert.Equal(
                $"claudesession.tars.cloudwalk.network/{Session}\npod/claude-{Session}\n",
                await NamesAsync(GatewayCluster.Sessions, $"claudesession/{Session}", $"pod/claude-{Session}"));

            // With the keys that the operator made for the one before.
            await release.InstallAsync(ChartFiles.Directory, "--server-side=false");
            await WaitForLoginAsync();
            await release.UninstallAsync();
        }
        finally
        {
            await cluster.ApplyGatewayAsync();
            await WaitForLoginAsync();
        }
    }

    private async Task ReplaceAsync(HelmRelease release)
    {
        await release.InstallAsync(ChartFiles.Directory, "--server-side=false", "--take-ownership");
        await cluster.WaitForRolloutAsync();

        await release.UpgradeAsync(ChartFiles.Directory, "--set", "proxy.podAnnotations.upgraded=yes");
        await cluster.WaitForRolloutAsync();
        Assert.Equal("yes", await AnnotationAsync());

        await release.RollbackAsync(1);
        await cluster.WaitForRolloutAsync();
        Assert.Equal("", await AnnotationAsync());
    }

    private async Task WaitForLoginAsync()
    {
        // A Service that was deleted has lost its address.
        await cluster.SetBalancerAddressAsync();
        await cluster.WaitUntilWholeAsync();
        CommandResult? login = null;
        await Eventually.TrueAsync(async () => (login = await cluster.Ssh.RunAsync(Session, "hostname")).Succeeded, () => $"{login}");
    }

    private Task<string> AnnotationAsync() =>
        cluster.Nodes.KubectlAsync("-n", GatewayCluster.Gateway, "get", "deployment", "ssh-gateway-proxy", "-o", "jsonpath={.spec.template.metadata.annotations.upgraded}");

    private Task<string> NamesAsync(string inNamespace, params string[] objects) =>
        cluster.Nodes.KubectlAsync(["-n", inNamespace, "get", "--ignore-not-found", "-o", "name", .. objects]);
}
