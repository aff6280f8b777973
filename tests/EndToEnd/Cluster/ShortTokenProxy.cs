using System.Text.Json.Nodes;
using SshGateway.Tests.Support.Deploy;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// One more proxy, whose token is good for ten minutes, the least that Kubernetes allows. It starts with the cluster.
/// It belongs to no Service and to no other test, so that kubelet renews its token while the other tests run.
/// </summary>
internal static class ShortTokenProxy
{
    public const string Name = "short-token-proxy";
    public const string Selector = $"app.kubernetes.io/name={Name}";

    public const int Seconds = 600;

    /// <summary>The Deployment of the proxies with another name, other labels and another token.</summary>
    public static async Task CreateAsync(GatewayCluster cluster)
    {
        JsonNode proxies = JsonNode.Parse((await cluster.GetAsync("deployment", "ssh-gateway-proxy", GatewayCluster.Gateway)).GetRawText())!;
        JsonNode spec = proxies["spec"]!.DeepClone();
        spec["replicas"] = 1;
        spec["selector"]!["matchLabels"] = Labels();
        spec["template"]!["metadata"]!["labels"] = Labels();
        spec["template"]!["spec"]!["containers"]![0]!["resources"] = new JsonObject();
        spec["template"]!["spec"]!["volumes"]!.AsArray().Single(volume => volume!["projected"] is not null)!
            ["projected"]!["sources"]![0]!["serviceAccountToken"]!["expirationSeconds"] = Seconds;
        await cluster.Nodes.ApplyAsync($$"""
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "{{Name}}", "namespace": "{{GatewayCluster.Gateway}}"}, "spec": {{spec.ToJsonString()}} }
            """);
        // The policies of deploy/ open the feed for the label of the proxies alone.
        await cluster.Nodes.ApplyAsync($$"""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: {{Name}}, namespace: {{GatewayCluster.Gateway}} }
            spec:
              podSelector: {matchLabels: {app.kubernetes.io/name: ssh-gateway-operator} }
              policyTypes: [Ingress]
              ingress:
                - from: [{podSelector: {matchLabels: {app.kubernetes.io/name: {{Name}} } } }]
                  ports: [{protocol: TCP, port: feed}]
            """);
    }

    private static JsonObject Labels() => new() { ["app.kubernetes.io/name"] = Name };
}
