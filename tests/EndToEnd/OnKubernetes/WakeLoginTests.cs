using System.Diagnostics;
using System.Text.Json.Nodes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using Xunit.Abstractions;
using static SshGateway.Tests.EndToEnd.OnKubernetes.ClusterGateway;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>
/// The real ssh at a session without a pod, and the program of docs/tars.md that creates one, as TARS's ServiceAccount.
/// Kubelet's part is played here.
/// </summary>
[Collection(KubernetesGroup.Name)]
public sealed class WakeLoginTests(ClusterGateway gateway, ITestOutputHelper output) : IClassFixture<ClusterGateway>
{
    private const string Id = "woken";
    private const string Pod = "claude-woken";

    private const string Driver = """

        import os, sys

        # TARS's own role for pods is not part of the gateway.
        sessions, pods = connect(), client.CoreV1Api(config.new_client_from_config(os.environ["CLUSTER_KUBECONFIG"]))
        if sys.argv[1] == "suspend":
            suspend_session(sessions, pods, "woken", "claude-woken")
        else:
            print("watching", flush=True)
            wake_sessions(sessions, pods, lambda session: {
                "metadata": {
                    "name": "claude-" + session["metadata"]["name"],
                    "labels": {"tars.cloudwalk.network/session": session["metadata"]["name"]},
                    "ownerReferences": owned_by(session)},
                "spec": {"containers": [{"name": "claude", "image": "claude-session"}]}})
        """;

    private KubernetesObjects Cluster => gateway.Cluster;

    [ClusterLoginFact(withPython: true)]
    public async Task A_login_wakes_a_session_and_a_stranger_does_not()
    {
        string script = Path.Combine(ScratchDirectory.New("wake"), "tars.py");
        await File.WriteAllTextAsync(script, await TarsGuide.PythonAsync(Driver));
        var environment = new Dictionary<string, string> { ["KUBECONFIG"] = await KubeconfigAsync("tars"), ["CLUSTER_KUBECONFIG"] = await KubeconfigAsync("cluster") };
        PodSshd sshd = await gateway.StartSshdAsync("woken-pod", Id);
        ProxyProcess proxy = await gateway.AddProxyAsync();
        await gateway.CreateSessionAsync(Id, sshd.Endpoint.Port);
        await gateway.UntilStatusAsync(Id, "Pending", "WaitingForPod");
        await using Daemon tars = Daemon.Start("tars", "/usr/bin/python3", [script, "wake"], environment);
        await tars.WaitForLineAsync("watching");

        await LogInAsync(proxy, sshd, $"Session {Id} has no pod. Asking for one.");
        JsonNode ready = await gateway.UntilStatusAsync(Id, "Ready", "EndpointReady");
        Assert.Equal("SessionReady", KubernetesObjects.Condition(ready, "WakeRequested")["reason"]!.GetValue<string>());

        CommandResult suspended = await Command.RunAsync("/usr/bin/python3", [script, "suspend"], environment: environment);
        Assert.True(suspended.Succeeded, suspended.ToString());
        await gateway.UntilStatusAsync(Id, "Suspended", "Suspended");
        KeyPair stranger = await KeyPair.GenerateAsync(ScratchDirectory.New("stranger"), "id_ed25519");
        CommandResult refused = await gateway.ClientOf(stranger, proxy).RunAsync(Id, "true");
        Assert.Contains("Permission denied", refused.ErrorText, StringComparison.Ordinal);

        // By the time in which it is asked for again, a stranger's request would have been answered.
        string events = await EventsAsync();
        Assert.Equal(1, Count(events, "WakeRequested"));
        await LogInAsync(proxy, sshd, $"Session {Id} is suspended. Asking for its pod.");
        await Eventually.TrueAsync(async () => Count(events = await EventsAsync(), "WakeRequested") == 2, () => events);
        Assert.False(tars.HasExited, tars.Output);
        JsonNode session = await Cluster.ReadSessionAsync(Space, Id);
        Assert.False(session["spec"]!["suspend"]!.GetValue<bool>());
    }

    private async Task LogInAsync(ProxyProcess proxy, PodSshd sshd, string banner)
    {
        Stopwatch clock = Stopwatch.StartNew();
        await using Daemon ssh = gateway.ClientOf(gateway.UserKey, proxy).Start(Id, [], "echo pod: $POD");
        await ssh.WaitForLineAsync(banner);
        await Eventually.TrueAsync(
            async () => (await gateway.Server.KubectlAsync("get", "pod", "-n", Space, Pod, "--ignore-not-found")).Length > 0,
            () => $"nobody creates the pod\n{ssh.Output}\n{gateway.Logs}");
        TimeSpan asked = clock.Elapsed;
        await Cluster.SetStatusAsync(Space, Pod, $"{sshd.Endpoint.Address}", ready: true);
        Assert.Equal("woken-pod", await ssh.WaitForLineAsync("pod: "));
        output.WriteLine($"Figure: from ssh to the created pod {asked.TotalMilliseconds:f0} ms, and to a shell, without a pod's start, {clock.ElapsedMilliseconds} ms");
    }

    private Task<string> EventsAsync() =>
        gateway.Server.KubectlAsync("get", "events.events.k8s.io", "-n", Space, "-o", "jsonpath={range .items[*]}{.regarding.name} {.reason}{\"\\n\"}{end}");

    private static int Count(string events, string reason) => events.Split('\n').Count(line => line == $"{Id} {reason}");

    private async Task<string> KubeconfigAsync(string account) => gateway.Server.Kubeconfig(user: $"token: {await Account.TokenAsync(gateway.Server, "tars", account)}");
}
