using System.Text.Json;
using SshGateway.Operator.Configuration;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>deploy/components/authorized-keys-secrets: what it adds, and what the operator may do with it.</summary>
[Collection(DeployGroup.Name)]
public sealed class SecretsComponentTests(KubernetesServer server) : IDisposable
{
    private const string Setting = "Operator__AuthorizedKeysSecrets";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [KubectlFact]
    public async Task It_adds_a_role_and_the_setting_and_nothing_to_an_installation_without_it()
    {
        IReadOnlyList<JsonElement> without = await Kustomize.RenderAsync("deploy");
        IReadOnlyList<JsonElement> with = await Kustomize.WithComponentAsync("authorized-keys-secrets");

        string[] added = ["ClusterRole ssh-gateway-operator-authorized-keys", "RoleBinding ssh-gateway-operator-authorized-keys"];
        Kustomize.AssertAdds(added, without, with);
        JsonElement deployment = with.Single(o => o.Kind() == "Deployment" && o.Name() == "ssh-gateway-operator");
        JsonElement environment = deployment.At("spec.template.spec.containers")[0].GetProperty("env");
        Assert.Equal("true", environment.EnumerateArray().Single(e => e.GetProperty("name").GetString() == Setting).GetProperty("value").GetString());
        Assert.DoesNotContain(without, o => o.ToString().Contains(Setting, StringComparison.Ordinal));
        RenderedTests.AssertKeys(deployment, OperatorOptions.Section, typeof(OperatorOptions));
    }

    [DeployedFact]
    public async Task The_operator_may_then_read_the_secrets_of_the_namespaces_of_sessions()
    {
        await DeployedOverlay.ApplyAsync(server);
        string component = Path.GetRelativePath(_directory.Path, Repository.File("deploy/components/authorized-keys-secrets"));
        _directory.Write("kustomization.yaml", $"resources: [{component}/objects, {component}/sessions]\n");
        await server.KubectlAsync("apply", "-k", _directory.Path);
        try
        {
            using Account account = await Account.OfServiceAccountAsync(server, "ssh-gateway", "ssh-gateway-operator");
            foreach ((string inNamespace, string[] rules) in DeployedRules.OperatorWithSecrets)
            {
                Assert.Equal(rules, await account.RulesAsync(inNamespace));
            }
        }
        finally
        {
            await server.KubectlAsync("delete", "-k", _directory.Path);
        }
    }
}
