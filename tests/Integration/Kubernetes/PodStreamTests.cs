using System.Text;
using System.Text.Json.Nodes;
using SshGateway.Exec.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>
/// What the real API server answers to exec and portforward. No kubelet runs behind it, so no stream begins.
/// </summary>
[Collection(KubernetesGroup.Name)]
public sealed class PodStreamTests(KubernetesServer server) : IAsyncLifetime
{
    private const string User = "relay";

    private static readonly ExecRequest Request = new("claude", ["true"]);

    private string _namespace = "";

    public async Task InitializeAsync()
    {
        if (KubernetesPrograms.Problem is null)
        {
            _namespace = await server.Admin.CreateNamespaceAsync();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [KubernetesFact]
    public async Task Without_a_kubelet_both_are_unavailable_and_the_reason_is_said()
    {
        int port = Loopback.FreePort();
        string node = $"node-{_namespace}";
        await CreateNodeAsync(node, port);
        await AllowAsync("get,create", "pods/exec,pods/portforward");
        PodTarget pod = await CreatePodAsync(node);
        using PodClient client = Connect();
        ApiServerException[] failures =
        [
            await FailAsync(client, pod),
            await Assert.ThrowsAsync<ApiServerException>(() => client.PortForwardAsync(pod, 80, CancellationToken.None).Limited()),
        ];
        Assert.All(failures, failure =>
        {
            Assert.Equal(ApiServerFailure.Unavailable, failure.Kind);
            Assert.StartsWith("The cluster cannot reach the pod at the moment: ", failure.Message, StringComparison.Ordinal);
            Assert.Contains($"127.0.0.1:{port}: connect: connection refused", failure.Message, StringComparison.Ordinal);
        });
    }

    [KubernetesFact]
    public async Task A_pod_without_a_node_is_refused()
    {
        await AllowAsync("get,create", "pods/exec");
        PodTarget pod = await CreatePodAsync(node: null);
        using PodClient client = Connect();
        ApiServerException failure = await FailAsync(client, pod);
        Assert.Equal(ApiServerFailure.Invalid, failure.Kind);
        Assert.Contains("does not have a host assigned", failure.Message, StringComparison.Ordinal);
    }

    [KubernetesFact]
    public async Task Without_the_permission_the_verb_and_the_resource_are_said()
    {
        await AllowAsync("get", "pods/log");
        PodTarget pod = await CreatePodAsync(node: null);
        using PodClient client = Connect();
        ApiServerException failure = await FailAsync(client, pod);
        Assert.Equal(ApiServerFailure.NotAllowed, failure.Kind);
        Assert.StartsWith("The exec relay is not allowed to do this in the cluster: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("pods/exec", failure.Message, StringComparison.Ordinal);
    }

    [KubernetesFact]
    public async Task Without_any_permission_the_pod_is_not_read()
    {
        PodTarget pod = await CreatePodAsync(node: null);
        using PodClient client = Connect();
        ApiServerException failure = await FailAsync(client, pod);
        Assert.Equal(ApiServerFailure.NotAllowed, failure.Kind);
        Assert.Contains("cannot get resource \"pods\"", failure.Message, StringComparison.Ordinal);
    }

    [KubernetesFact]
    public async Task Another_pod_and_no_pod_are_refused()
    {
        await AllowAsync("get,create", "pods/exec");
        PodTarget pod = await CreatePodAsync(node: null);
        using PodClient client = Connect();
        Assert.Equal(ApiServerFailure.UidDiffers, (await FailAsync(client, pod with { Uid = Guid.NewGuid().ToString() })).Kind);
        await server.Admin.DeletePodAsync(_namespace, pod.Name);
        Assert.Equal(ApiServerFailure.Gone, (await FailAsync(client, pod)).Kind);
    }

    private static Task<ApiServerException> FailAsync(PodClient client, PodTarget pod) =>
        Assert.ThrowsAsync<ApiServerException>(() => client.ExecAsync(pod, Request, CancellationToken.None).Limited());

    private PodClient Connect()
    {
        (string certificate, string key) = server.Clients.Issue(User, _namespace);
        string user = $"client-certificate-data: {Base64(certificate)}\nclient-key-data: {Base64(key)}";
        return new PodClient(KubeconfigReader.Read(server.Kubeconfig(user: user), TimeProvider.System), TimeProvider.System);
    }

    private async Task<PodTarget> CreatePodAsync(string? node)
    {
        string uid = await server.Admin.CreatePodAsync(_namespace, "pod", null, pod => pod["spec"]!["nodeName"] = node);
        await server.Admin.SetStatusAsync(_namespace, "pod", "10.0.0.9", ready: true);
        return new PodTarget(_namespace, "pod", uid);
    }

    // The user's group is the namespace: each test has permissions of its own.
    private async Task AllowAsync(string verbs, string resources)
    {
        await server.KubectlAsync("create", "role", "pods", "--verb=get", "--resource=pods", "-n", _namespace);
        await server.KubectlAsync("create", "rolebinding", "pods", "--role=pods", $"--group={_namespace}", "-n", _namespace);
        await server.KubectlAsync("create", "role", "streams", $"--verb={verbs}", $"--resource={resources}", "-n", _namespace);
        await server.KubectlAsync("create", "rolebinding", "streams", "--role=streams", $"--group={_namespace}", "-n", _namespace);
    }

    private async Task CreateNodeAsync(string name, int port)
    {
        var node = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Node",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["status"] = new JsonObject
            {
                ["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = "127.0.0.1" }),
                ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = port } },
            },
        };
        using var directory = new TemporaryDirectory();
        directory.Write("node.json", node.ToJsonString());
        await server.ApplyAsync(directory.File("node.json"));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
