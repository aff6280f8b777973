using System.Text.Json;
using System.Text.Json.Nodes;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>
/// From TARS to a login: Python's Kubernetes client as TARS's ServiceAccount, real operator and proxy processes, a real
/// sshd and the real ssh.
/// </summary>
[Collection(KubernetesGroup.Name)]
public sealed class TarsLoginTests(ClusterGateway gateway, ITestOutputHelper output) : IClassFixture<ClusterGateway>
{
    private const string Id = "tars-login";

    // The clock starts before the patch is sent. The status is watched, as TARS would, while logins are tried.
    private const string Driver = """
        import json, os, subprocess, sys, threading, time
        from kubernetes import client, config, watch

        session, pod, status, ssh = (json.loads(argument) for argument in sys.argv[1:])
        sessions = client.CustomObjectsApi(config.new_client_from_config(os.environ["KUBECONFIG"]))
        cluster = client.CoreV1Api(config.new_client_from_config(os.environ["CLUSTER_KUBECONFIG"]))
        space, name = "claude-sessions", pod["metadata"]["name"]
        resource = dict(group="tars.cloudwalk.network", version="v1alpha1", namespace=space, plural="claudesessions")
        seen = {}

        def watch_status():
            for event in watch.Watch().stream(sessions.list_namespaced_custom_object, **resource,
                                              field_selector="metadata.name=" + session["metadata"]["name"], timeout_seconds=60):
                conditions = event["object"].get("status", {}).get("conditions", [])
                reason = {c["type"]: c["reason"] for c in conditions}.get("Ready", "none yet")
                seen.setdefault(reason, time.monotonic())
                if reason == "EndpointReady":
                    return

        def log_in():
            return subprocess.run(ssh, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)

        watching = threading.Thread(target=watch_status, daemon=True)
        watching.start()
        sessions.create_namespaced_custom_object(body=session, **resource)
        cluster.create_namespaced_pod(space, pod)
        refused = log_in()
        while "PodNotReady" not in seen:
            time.sleep(0.02)
        began = time.monotonic()
        cluster.patch_namespaced_pod_status(name, space, status)
        patched = time.monotonic()
        while True:
            answer = log_in()
            if answer.returncode == 0 or time.monotonic() - began > 30:
                break
        ended = time.monotonic()
        watching.join(30)
        print(json.dumps({
            "refused": refused.returncode, "answer": answer.stdout, "errors": answer.stderr, "patch": patched - began, "login": ended - began,
            "status": seen["EndpointReady"] - began}))
        """;

    [ClusterLoginFact(withPython: true)]
    public async Task A_session_that_TARS_makes_takes_logins_as_soon_as_its_pod_is_ready()
    {
        PodSshd sshd = await gateway.StartSshdAsync("claude-tars-login", Id);
        string script = Path.Combine(ScratchDirectory.New("tars"), "tars.py");
        await File.WriteAllTextAsync(script, Driver);
        CommandResult run = await Command.RunAsync(
            "/usr/bin/python3", [script, Session(sshd).ToJsonString(), Pod().ToJsonString(), Status(sshd).ToJsonString(), Login()],
            deadline: TimeSpan.FromSeconds(120),
            environment: new Dictionary<string, string> { ["KUBECONFIG"] = await KubeconfigAsync("tars"), ["CLUSTER_KUBECONFIG"] = await KubeconfigAsync("cluster") });

        Assert.True(run.Succeeded, $"{run}\n{gateway.Logs}");
        JsonElement result = JsonSerializer.Deserialize<JsonElement>(run.Text);
        Assert.True(result.GetProperty("answer").GetString() == "claude-tars-login\n", $"{result}\n{gateway.Logs}");
        Assert.Equal(255, result.GetProperty("refused").GetInt32());
        output.WriteLine(
            $"Figure: from the pod's Ready patch to a working login {Milliseconds(result, "login")} ms, of these {Milliseconds(result, "patch")} ms for the patch itself;"
            + $" the session's status said Ready after {Milliseconds(result, "status")} ms");

        JsonNode status = await gateway.UntilStatusAsync(Id, "Ready", "EndpointReady");
        Assert.All(["Ready", "PodBound", "PodReady", "KeysValid"], type => Assert.Equal("True", KubernetesObjects.Condition(status, type)["status"]!.GetValue<string>()));
        string row = await gateway.Server.KubectlAsync("get", "claudesessions", Id, "-n", ClusterGateway.Space, "-o", "wide", "--no-headers");
        string ip = $"{sshd.Endpoint.Address}";
        Assert.Matches(
            $"""^{Id} +Ready +True +EndpointReady +alice +claude-tars-login +([0-9]+ +)?[0-9ms]+ +SSH +{ip} +{sshd.Endpoint.Port} +node-1 +1 +logins go to pod claude-tars-login at {ip} port {sshd.Endpoint.Port}\s*$""", row);
    }

    private static int Milliseconds(JsonElement result, string name) => (int)Math.Round(result.GetProperty(name).GetDouble() * 1000);

    private static JsonObject Pod() => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "claude-tars-login", ["labels"] = new JsonObject { ["tars.cloudwalk.network/session"] = Id } },
        ["spec"] = new JsonObject { ["nodeName"] = "node-1", ["containers"] = new JsonArray(new JsonObject { ["name"] = "claude", ["image"] = "claude-session" }) },
    };

    private static JsonObject Status(PodSshd sshd) => new()
    {
        ["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["podIP"] = $"{sshd.Endpoint.Address}",
            ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = $"{sshd.Endpoint.Address}" }),
            ["startTime"] = "2026-01-01T00:00:00Z",
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }),
        },
    };

    private JsonObject Session(PodSshd sshd) => new()
    {
        ["apiVersion"] = "tars.cloudwalk.network/v1alpha1",
        ["kind"] = "ClaudeSession",
        ["metadata"] = new JsonObject { ["name"] = Id },
        ["spec"] = new JsonObject
        {
            ["owner"] = new JsonObject { ["user"] = "alice" },
            ["ssh"] = new JsonObject
            {
                ["port"] = sshd.Endpoint.Port,
                ["targetUser"] = "root",
                ["authorizedKeys"] = new JsonArray(gateway.UserKey.PublicLine),
                ["hostKeys"] = new JsonArray(sshd.HostKeys[0].PublicLine),
            },
        },
    };

    private string Login() => JsonSerializer.Serialize<string[]>(["ssh", .. gateway.ClientOf(gateway.UserKey).Arguments(Id), SshClient.Host, "echo $POD"]);

    private async Task<string> KubeconfigAsync(string account) => gateway.Server.Kubeconfig(user: $"token: {await Account.TokenAsync(gateway.Server, "tars", account)}");
}
