using System.Text.Json.Nodes;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>Two operators, of which one has lost the API server without being told.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class LaggingOperatorTests(KubernetesServer server)
{
    private const string Id = "moved";

    [ClusterLoginFact]
    [Trait("Category", "Long")]
    public async Task A_proxy_that_moves_to_an_operator_that_is_behind_keeps_what_it_has_until_that_one_has_caught_up()
    {
        string space = await server.Admin.CreateNamespaceAsync();
        await using var network = new FaultyProxy(server.Port);
        await using Gateway gateway = await Gateway.StartAsync(await GatewayKeys.GenerateAsync(), new GatewayOptions
        {
            OperatorSources = [Source(server.Kubeconfig(), space), Source(server.Kubeconfig(network.Address), space)],
            ProxyArguments = [[]],
        });
        string directory = ScratchDirectory.New("users");
        KeyPair revoked = await KeyPair.GenerateAsync(directory, "revoked");
        KeyPair present = await KeyPair.GenerateAsync(directory, "present");
        await using PodSshd sshd = await PodSshd.StartAsync(new PodOptions(Id, Id, gateway.Keys.UserCa.PublicFile));
        await server.Admin.CreateSessionAsync(space, Id, session =>
        {
            session["spec"]!["ssh"] = new JsonObject
            {
                ["authorizedKeys"] = new JsonArray(revoked.PublicLine),
                ["port"] = sshd.Endpoint.Port,
                ["targetUser"] = "root",
            };
        });
        await server.Admin.CreatePodAsync(space, Id, Id);
        await server.Admin.SetStatusAsync(space, Id, $"{sshd.Endpoint.Address}", ready: true);
        await UntilAsync(gateway, revoked, "reaches the pod", login => login.Text == $"{Id}\n");

        // It may follow either; with the second one gone it follows the first.
        await gateway.KillOperatorAsync(1);
        await UntilInStepAsync(gateway, $":{gateway.FeedPort} (");
        await gateway.StartOperatorAsync(1);
        network.Freeze();
        network.Silence();
        await server.Admin.PatchSessionAsync(space, Id, new JsonObject
        {
            ["spec"] = new JsonObject { ["ssh"] = new JsonObject { ["authorizedKeys"] = new JsonArray(present.PublicLine) } },
        });
        await UntilAsync(gateway, present, "reaches the pod", login => login.Text == $"{Id}\n");
        await gateway.KillOperatorAsync(0);

        await gateway.Operator(1).WaitForLineAsync("sending it to another operator", TimeSpan.FromSeconds(60));
        Assert.Equal($"{Id}\n", (await LogInAsync(gateway, present)).Text);
        Assert.Contains("Permission denied", (await LogInAsync(gateway, revoked)).ErrorText, StringComparison.Ordinal);
        Assert.Equal(0, (await Scrape.OfAsync(gateway.Proxies[0].Http))["sshgateway_proxy_feed_in_step"]);

        network.Speak();
        network.Cut();
        await UntilInStepAsync(gateway, "");
        Assert.Equal($"{Id}\n", (await LogInAsync(gateway, present)).Text);
        Assert.Contains("Permission denied", (await LogInAsync(gateway, revoked)).ErrorText, StringComparison.Ordinal);
    }

    private static string[] Source(string kubeconfig, string space) =>
    [
        "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={kubeconfig}", $"--Operator:Namespaces:0={space}", $"--Operator:LeaseNamespace={space}",
    ];

    private static Task<CommandResult> LogInAsync(Gateway gateway, KeyPair user) =>
        SshClient.Create(gateway.Proxies[0].Ssh, user, gateway.Keys.HostKeys).RunAsync(Id, "echo $POD");

    private static Task UntilAsync(Gateway gateway, KeyPair user, string expectation, Func<CommandResult, bool> isExpected)
    {
        CommandResult? last = null;
        return Eventually.TrueAsync(async () => isExpected(last = await LogInAsync(gateway, user)), () => $"it never {expectation}\n{last}\n{gateway.Logs}");
    }

    // The metric alone may not know yet that the stream has ended.
    private static Task UntilInStepAsync(Gateway gateway, string with) => Eventually.TrueAsync(
        async () => (await Scrape.OfAsync(gateway.Proxies[0].Http))["sshgateway_proxy_feed_in_step"] == 1
            && gateway.Proxies[0].Daemon.Output.Split('\n').Last(line => line.Contains("Synchronized with operator", StringComparison.Ordinal)).Contains(with, StringComparison.Ordinal),
        () => $"the proxy is not in step\n{gateway.Logs}");
}
