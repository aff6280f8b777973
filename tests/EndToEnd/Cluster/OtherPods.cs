namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// Pods that do not belong to the gateway: TARS with its ServiceAccount, and one that has nothing to do with either.
/// </summary>
internal static class OtherPods
{
    /// <summary>The namespace, the ServiceAccount and the pod.</summary>
    public const string Tars = "tars";

    /// <summary>Where TARS's pod has the token for the operator, as docs/tars.md mounts it.</summary>
    public const string OperatorToken = "/var/run/secrets/ssh-gateway/token";

    /// <summary>In the namespace default.</summary>
    public const string Bystander = "bystander";

    /// <summary>Makes them where they are missing. They stay: they are in nobody's way.</summary>
    public static async Task EnsureAsync(GatewayCluster cluster)
    {
        await cluster.Nodes.ApplyAsync($$"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: {{Tars}}, labels: {kubernetes.io/metadata.name: {{Tars}} } }
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: {{Tars}}, namespace: {{Tars}} }
            """);
        // A pod is rejected until its account has a token.
        await Eventually.TrueAsync(
            async () => (await cluster.Nodes.KubectlAsync("-n", Tars, "get", "serviceaccount", Tars, "-o", "jsonpath={.secrets}")).Length > 0,
            "TARS's account has no token");
        await cluster.Nodes.ApplyAsync($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: {{Tars}}, namespace: {{Tars}} }
            spec:
              serviceAccountName: {{Tars}}
              nodeName: {{ClusterNodes.Second}}
              terminationGracePeriodSeconds: 0
              containers:
                - name: shell
                  image: claude-session:1.0
                  command: [sleep, infinity]
                  volumeMounts: [{name: ssh-gateway-token, mountPath: {{Path.GetDirectoryName(OperatorToken)}}, readOnly: true}]
              volumes:
                - {name: ssh-gateway-token, projected: {sources: [{serviceAccountToken: {audience: ssh-gateway-operator, path: token} }]} }
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: {{Bystander}}, namespace: default}
            spec:
              nodeName: {{ClusterNodes.Second}}
              terminationGracePeriodSeconds: 0
              containers: [{name: shell, image: "claude-session:1.0", command: [sleep, infinity]}]
            """);
        await cluster.Nodes.KubectlAsync("-n", Tars, "wait", "--for=condition=Ready", $"pod/{Tars}", "--timeout=60s");
        await cluster.Nodes.KubectlAsync("-n", "default", "wait", "--for=condition=Ready", $"pod/{Bystander}", "--timeout=60s");
    }
}
