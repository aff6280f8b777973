using System.Text.Json.Nodes;
using SshGateway.Feed;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Watches that the server answers and that bring nothing. Only a list gets past that version.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class WatchStuckTests(KubernetesServer server)
{
    private const string Error =
        """{"type":"ERROR","object":{"kind":"Status","message":"no value","reason":"InternalError","code":500}}""";

    // An event that the server cannot decode ends every watch from the version before it (coreos/etcd-operator#166,
    // kubernetes/kubernetes#76624).
    [KubernetesFact]
    public Task An_error_that_ends_every_watch_is_passed_by_a_list() => PassAsync(Error + "\n");

    // projectcalico/typha#227
    [KubernetesFact]
    public Task A_server_that_ends_every_watch_at_once_is_listed() => PassAsync("");

    private async Task PassAsync(string answer)
    {
        string space = await server.Admin.CreateNamespaceAsync();
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        await using var run = new SourceRun(server.Kubeconfig(proxy.Address), space);
        await server.Admin.CreateSessionAsync(space, "abc12");
        await run.ReasonAsync("abc12", ReadyReasons.WaitingForPod);

        proxy.AnswerTo("/claudesessions?watch=1", "200 OK", answer);
        proxy.Cut();
        var draining = new JsonObject { ["spec"] = new JsonObject { ["access"] = "Draining" } };
        await server.Admin.PatchSessionAsync(space, "abc12", draining);

        await run.ReasonAsync("abc12", ReadyReasons.Draining);
    }
}
