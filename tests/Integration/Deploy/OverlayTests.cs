using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using SshGateway.Tests.Integration.Crd;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Crd;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>deploy/ and the CRD at a real API server.</summary>
[Collection(DeployGroup.Name)]
public sealed partial class OverlayTests(KubernetesServer server)
{
    [DeployedFact]
    public async Task The_overlay_for_1_20_is_applied_in_full()
    {
        string said = await DeployedOverlay.ApplyAsync(server);

        IReadOnlyList<JsonElement> objects = await Kustomize.RenderAsync("deploy/overlays/legacy-1.20");
        Assert.Equal(objects.Count, said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        // What was written is what the server keeps: nothing was dropped, nothing is fought over.
        string difference = await server.KubectlAsync("diff", "-k", Repository.File("deploy/overlays/legacy-1.20"));
        Assert.Equal("", difference);
    }

    [DeployedFact]
    public async Task The_examples_are_applied()
    {
        await DeployedOverlay.ApplyAsync(server);

        foreach (string file in Directory.GetFiles(Repository.File("deploy/examples"), "*.yaml"))
        {
            await server.KubectlAsync("apply", "--dry-run=server", "-f", file);
        }
    }

    [DeployedFact]
    public async Task The_API_server_takes_good_sessions_and_refuses_bad_ones()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account tars = await Account.OfServiceAccountAsync(server, "tars", "tars");

        foreach (SessionVariant variant in SessionVariants.All)
        {
            (HttpStatusCode status, JsonElement answer) = await tars.SendAsync(HttpMethod.Post, $"{DeployedOverlay.Sessions}?dryRun=All", variant.Json);
            Assert.True(status == (variant.IsGood ? HttpStatusCode.Created : HttpStatusCode.UnprocessableEntity), $"{variant}: {status} {answer}");
        }
    }

    [DeployedFact]
    public async Task The_API_server_fills_in_the_defaults_and_explains_every_field()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account tars = await Account.OfServiceAccountAsync(server, "tars", "tars");

        (_, JsonElement made) = await tars.SendAsync(HttpMethod.Post, $"{DeployedOverlay.Sessions}?dryRun=All", SessionVariants.All[0].Json);
        Assert.Equal(
            "2222 claude False SSH Enabled 20",
            $"{made.At("spec.ssh.port")} {made.At("spec.ssh.targetUser")} {made.At("spec.ssh.passthrough")} {made.At("spec.backend")} {made.At("spec.access")} {made.At("spec.maxConnections")}");
        foreach ((string path, JsonElement schema) in CustomResource.All().Where(s => s.Path.Length > 0 && s.Path != "metadata" && s.Schema.TryGetProperty("properties", out _)))
        {
            string explained = Words(await server.KubectlAsync("explain", $"claudesessions.{path.Replace("[]", "", StringComparison.Ordinal)}"));
            Assert.All(schema.GetProperty("properties").EnumerateObject(), field =>
                Assert.Contains(Words($"{field.Name} {field.Value.GetProperty("description")}"), Types().Replace(explained, ""), StringComparison.Ordinal));
        }
    }

    [DeployedFact]
    public async Task Kubectl_shows_the_columns()
    {
        await DeployedOverlay.ApplyAsync(server);
        await server.KubectlAsync("apply", "-f", Repository.File("deploy/examples/claudesession.yaml"));

        string[] lines = (await server.KubectlAsync("get", "csess", "--namespace", "claude-sessions", "-o", "wide")).Split('\n');
        string[] category = (await server.KubectlAsync("get", "tars", "--namespace", "claude-sessions", "-o", "name")).Split('\n');
        await server.KubectlAsync("delete", "-f", Repository.File("deploy/examples/claudesession.yaml"));

        Assert.Equal(
            ["NAME", "PHASE", "READY", "REASON", "USER", "POD", "CONNS", "AGE", "BACKEND", "IP", "PORT", "NODE", "KEYS", "EXPIRES", "MESSAGE"],
            lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["abc12", "alice@example.com"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..2]);
        Assert.Equal("claudesession.tars.cloudwalk.network/abc12", category[0]);
    }

    [DeployedFact]
    public async Task A_server_of_1_20_lets_an_owner_change_and_one_of_1_30_does_not()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account tars = await Account.OfServiceAccountAsync(server, "tars", "tars");
        await server.KubectlAsync("apply", "-f", Repository.File("deploy/examples/claudesession.yaml"));

        (HttpStatusCode status, _) = await tars.SendAsync(HttpMethod.Patch, $"{DeployedOverlay.Sessions}/abc12", """{"spec": {"owner": {"user": "mallory"} } }""");
        await server.KubectlAsync("delete", "-f", Repository.File("deploy/examples/claudesession.yaml"));

        bool hasCel = await DeployedOverlay.ServerVersionAsync(server) >= new Version(1, 25);
        Assert.Equal(hasCel ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.OK, status);
    }

    // A proxy of an earlier version would keep the route to the pod's sshd.
    [DeployedFact]
    public async Task A_server_of_1_20_lets_a_backend_change_and_one_of_1_30_does_not()
    {
        await DeployedOverlay.ApplyAsync(server);
        using Account tars = await Account.OfServiceAccountAsync(server, "tars", "tars");
        await server.KubectlAsync("apply", "-f", Repository.File("deploy/examples/claudesession.yaml"));

        (HttpStatusCode status, _) = await tars.SendAsync(HttpMethod.Patch, $"{DeployedOverlay.Sessions}/abc12", """{"spec": {"backend": "Exec"} }""");
        await server.KubectlAsync("delete", "-f", Repository.File("deploy/examples/claudesession.yaml"));

        bool hasCel = await DeployedOverlay.ServerVersionAsync(server) >= new Version(1, 25);
        Assert.Equal(hasCel ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.OK, status);
    }

    // kubectl wraps lines, and writes each field's type behind its name.
    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex("<[^>]*>( -required-)? ")]
    private static partial Regex Types();
}
