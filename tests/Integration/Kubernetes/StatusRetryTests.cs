using System.Text.Json;
using System.Text.Json.Nodes;
using SshGateway.Hosting.Metrics;
using SshGateway.Operator.Model;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Writes of a status that come to nothing although nothing is wrong with the session.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class StatusRetryTests(KubernetesServer server)
{
    private const string Crd = "claudesessions.tars.cloudwalk.network";

    private const string StatusProperties = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties";

    private KubernetesObjects Cluster => server.Admin;

    // kube-apiserver before 1.16 answered 404 for custom resources while it started, and a load balancer can answer so
    // (kubernetes/kubernetes#71218, kubernetes/kubernetes#115241). The watch tells nothing of such a failure.
    [KubernetesTheory]
    [InlineData("404 Not Found", "404 page not found", 2)]
    // The first conflict is normal.
    [InlineData("409 Conflict", "try again", 1)]
    [InlineData("422 Unprocessable Entity", "webhook", 2)]
    public async Task A_refusal_that_passes_is_logged_once_and_counted_and_the_status_is_written(string refusal, string body, int failures)
    {
        using var metrics = new MetricsText();
        string space = await Cluster.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        proxy.AnswerTo("PATCH /apis/tars.cloudwalk.network/", refusal, body, times: 2);
        await Cluster.CreateSessionAsync(space, "abc12");
        await using var run = new StatusWriterRun(server.Kubeconfig(proxy.Address), space);

        run.Observe((await Cluster.ReadSessionAsync(space, "abc12")).Deserialize(ModelJson.Default.ClaudeSession)!);

        await Cluster.UntilStatusAsync(space, "abc12", "Pending", "WaitingForPod");
        Assert.Equal(3, Writes(proxy, "abc12"));
        Assert.Single(run.Log.Lines, l => l.Text.Contains("cannot write the status", StringComparison.Ordinal));
        // Other tests' operators may be counted beside this one.
        Assert.Contains($"sshgateway_operator_status_write_failures_total {failures}", metrics.Write().Split('\n'));
    }

    // helm does not upgrade CRDs. So the operator may write a field that the installed schema lacks, and the API server
    // drops it (open-telemetry/opentelemetry-operator#2197, rancher-sandbox/rancher-desktop-2#189).
    [KubernetesFact]
    public async Task A_field_that_the_installed_CRD_lacks_holds_up_no_other()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        await server.KubectlAsync(
            "patch", "crd", Crd, "--type=json", "-p",
            $$"""[{"op": "remove", "path": "{{StatusProperties}}/authorizedKeyCount"}]""");
        try
        {
            await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(proxy.Address), space);
            // The server takes a moment until it has the other schema.
            await Eventually.TrueAsync(
                async () =>
                {
                    string probe = $"probe-{Guid.NewGuid():N}"[..20];
                    await Cluster.CreateSessionAsync(space, probe);
                    JsonNode status = await Cluster.UntilStatusAsync(space, probe, "Pending", "WaitingForPod");
                    return status["authorizedKeyCount"] is null;
                },
                "the schema lacks the field");
            await Cluster.CreateSessionAsync(space, "abc12");
            JsonNode waiting = await Cluster.UntilStatusAsync(space, "abc12", "Pending", "WaitingForPod");
            Assert.Null(waiting["authorizedKeyCount"]);
            // The second write is for the missing field, and changes nothing.
            await Eventually.TrueAsync(() => Writes(proxy, "abc12") >= 2, "it was written again");

            await Cluster.CreatePodAsync(space, "pod-1", "abc12");
            await Cluster.UntilStatusAsync(space, "abc12", "Starting", "PodNotReady");
            await Cluster.SetStatusAsync(space, "pod-1", "10.3.0.1", ready: true);
            await Cluster.UntilStatusAsync(space, "abc12", "Ready", "EndpointReady");
            // No loop: for each of three states one write that counts, one for the missing field, one that is late.
            Assert.InRange(Writes(proxy, "abc12"), 4, 9);
        }
        finally
        {
            await server.ApplyAsync(Repository.File("crds/claudesessions.yaml"));
        }
    }

    private static int Writes(FaultyProxy proxy, string id) => proxy.Requests.Count(
        r => r.Line.StartsWith("PATCH ", StringComparison.Ordinal) && r.Line.Contains($"/{id}/status ", StringComparison.Ordinal));
}
