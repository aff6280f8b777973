using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Yaml;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>
/// The Python of docs/tars.md, run as it stands there, as TARS's ServiceAccount, with the operator as its own.
/// </summary>
[Collection(DeployGroup.Name)]
public sealed class TarsGuideTests(KubernetesServer server)
{
    // Kubelet's part is played here: the pod is there, and becomes ready some time later.
    private const string Driver = $$$"""

        import os, threading
        from kubernetes.client.exceptions import ApiException

        sessions, cluster = connect(), client.CoreV1Api(config.new_client_from_config(os.environ["CLUSTER_KUBECONFIG"]))

        def report(ready):
            cluster.patch_namespaced_pod_status("claude-tars-1", NAMESPACE, {"status": {
                "phase": "Running", "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}], "startTime": "2026-01-01T00:00:00Z",
                "conditions": [{"type": "Ready", "status": ready}]} })

        made = create_session(sessions, "tars-1", "alice", ["{{{Samples.Key}}}"])
        print(made["spec"]["access"], made["metadata"]["generation"])
        try:
            create_session(sessions, "tars-1", "alice", ["{{{Samples.Key}}}"])
        except ApiException as refused:
            print(refused.status)
        try:
            create_session(sessions, "tars-2", "alice", ["-----BEGIN OPENSSH PRIVATE KEY-----"])
        except ApiException as refused:
            print(refused.status, "authorizedKeys" in refused.body)
        cluster.create_namespaced_pod(NAMESPACE, {
            "metadata": {"name": "claude-tars-1", "labels": {"tars.cloudwalk.network/session": "tars-1"}, "ownerReferences": owned_by(made)},
            "spec": {"containers": [{"name": "claude", "image": "claude-session"}]} })
        report("False")
        try:
            wait_until_ready(sessions, "tars-1", 3)
        except TimeoutError as late:
            print(str(late).split(": ")[:2])
        threading.Timer(0.5, report, ["True"]).start()
        print(wait_until_ready(sessions, "tars-1"))
        OPERATOR, TOKEN = os.environ["OPERATOR"], os.environ["TOKEN"]
        operator = Operator()
        print(operator.pod("tars-1"))
        # After a rotation, the CAs that were read do not suffice.
        operator._trust = ssl.create_default_context()
        print(len(operator.keys("tars-1")))
        # As Python does from 3.13 on.
        operator._trust.verify_flags |= ssl.VERIFY_X509_STRICT
        try:
            operator.pod("nosuch")
        except urllib.error.HTTPError as refused:
            print(refused.status, json.load(refused))
        print(set_access(sessions, "tars-1", "Disabled")["spec"]["access"])
        print(set_access(sessions, "tars-1", "Enabled")["spec"]["access"])
        delete_session(sessions, "tars-1")
        try:
            delete_session(sessions, "tars-1")
        except ApiException as refused:
            print(refused.status)
        cluster.delete_namespaced_pod("claude-tars-1", NAMESPACE, grace_period_seconds=0)
        """;

    [PythonFact]
    public async Task The_calls_of_the_guide_work_as_they_stand_there()
    {
        await DeployedOverlay.ApplyAsync(server);
        await using DeployedOperator gateway = await DeployedOperator.StartWithSecretAsync(server);
        await Eventually.TrueAsync(
            async () => gateway.IsLeader && (await server.KubectlAsync("get", "configmap", "-n", "ssh-gateway", "ssh-gateway-feed-ca", "--ignore-not-found")).Length > 0,
            "the operator holds the Lease and the CA is published");
        using var directory = new TemporaryDirectory();
        directory.Write("token", await Account.TokenAsync(server, "tars", "tars", FeedKeys.Audience));
        directory.Write("tars.py", await TarsGuide.PythonAsync(Driver));

        string printed = await Command.OutputAsync(
            "env", $"KUBECONFIG={await KubeconfigAsync("tars")}", $"CLUSTER_KUBECONFIG={await KubeconfigAsync("cluster")}",
            $"OPERATOR={gateway.Internal.ToString().TrimEnd('/')}", $"TOKEN={directory.File("token")}", "/usr/bin/python3", directory.File("tars.py"));

        Assert.Equal(
            """
            Enabled 1
            409
            422 True
            ['session tars-1 is not ready after 3 s', 'PodNotReady']
            ('10.0.0.7', 2222)
            {'service_host': '10.0.0.7', 'ssh_port': 2222, 'status': 'running', 'reason': None}
            1
            404 {'error': 'there is no such session'}
            Disabled
            Enabled
            404

            """, printed);
    }

    private async Task<string> KubeconfigAsync(string account) => server.Kubeconfig(user: $"token: {await Account.TokenAsync(server, "tars", account)}");
}
