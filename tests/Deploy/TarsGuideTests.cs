using System.Text.RegularExpressions;
using SshGateway.Tests.Kubernetes;
using SshGateway.Tests.Manifests;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.Deploy;

/// <summary>The Python of docs/tars.md, run as it stands there, as TARS's ServiceAccount.</summary>
[Collection(KubernetesGroup.Name)]
public sealed partial class TarsGuideTests(KubernetesServer server)
{
    // The operator's part is played here: it answers a new session with two statuses, of which the first is not Ready.
    private const string Driver = $$$"""

        import os, sys, threading
        from kubernetes.client.exceptions import ApiException

        sessions, operator = connect(), client.CustomObjectsApi(config.new_client_from_config(os.environ["OPERATOR_KUBECONFIG"]))

        def report(ready, reason):
            operator.patch_namespaced_custom_object_status(name="tars-1", **SESSIONS, body={"status": {
                "endpoint": {"podName": "p", "ip": "10.0.0.7", "port": 2222},
                "conditions": [{"type": "Ready", "status": ready, "reason": reason, "message": "a sentence",
                                "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"}] } })

        made = create_session(sessions, "tars-1", "alice", ["{{{Samples.Key}}}"])
        print(made["spec"]["access"], made["metadata"]["generation"])
        try:
            create_session(sessions, "tars-1", "alice", ["{{{Samples.Key}}}"])
        except ApiException as refused:
            print(refused.status)
        try:
            create_session(sessions, "tars-2", "alice", ["command=x {{{Samples.Key}}}"])
        except ApiException as refused:
            print(refused.status, "authorizedKeys" in refused.body)
        report("False", "PodNotReady")
        try:
            wait_until_ready(sessions, "tars-1", 1)
        except TimeoutError as late:
            print(late)
        threading.Timer(0.5, report, ["True", "EndpointReady"]).start()
        print(wait_until_ready(sessions, "tars-1"))
        print(set_access(sessions, "tars-1", "Disabled")["spec"]["access"])
        print(set_access(sessions, "tars-1", "Enabled")["spec"]["access"])
        delete_session(sessions, "tars-1")
        try:
            delete_session(sessions, "tars-1")
        except ApiException as refused:
            print(refused.status)
        """;

    [PythonFact]
    public async Task The_calls_of_the_guide_work_as_they_stand_there()
    {
        await DeployedOverlay.ApplyAsync(server);
        using var directory = new TemporaryDirectory();
        string guide = await File.ReadAllTextAsync(Repository.File("docs/tars.md"));
        directory.Write("tars.py", string.Concat(PythonBlock().Matches(guide).Select(m => m.Groups[1].Value)) + Driver);
        string tars = server.Kubeconfig(user: $"token: {await Account.TokenAsync(server, "tars", "tars")}");
        string gateway = server.Kubeconfig(user: $"token: {await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-operator")}");

        string printed = await Command.RunAsync("env", $"KUBECONFIG={tars}", $"OPERATOR_KUBECONFIG={gateway}", "/usr/bin/python3", directory.File("tars.py"));

        Assert.Equal(
            """
            Enabled 1
            409
            422 True
            session tars-1 is not ready after 1 s: PodNotReady: a sentence
            ('10.0.0.7', 2222)
            Disabled
            Enabled
            404

            """, printed);
    }

    [GeneratedRegex("(?ms)^```python\n(.+?)^```")]
    private static partial Regex PythonBlock();
}
