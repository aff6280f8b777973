using System.Text.Json;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Support.Deploy;

/// <summary>
/// The overlay for 1.20, really applied to the tests' API server, and the ServiceAccounts of those who are not part of
/// it:
/// TARS, and one that plays the rest of the cluster.
/// </summary>
internal static class DeployedOverlay
{
    public const string Sessions = "apis/tars.cloudwalk.network/v1alpha1/namespaces/claude-sessions/claudesessions";

    private static Task<string>? _applied;

    /// <returns>What kubectl said of each object.</returns>
    public static Task<string> ApplyAsync(KubernetesServer server) => _applied ??= ApplyOnceAsync(server);

    public static async Task<Version> ServerVersionAsync(KubernetesServer server)
    {
        JsonElement version = JsonSerializer.Deserialize<JsonElement>(await server.KubectlAsync("get", "--raw", "/version"));
        return new Version(int.Parse(Digits(version, "major"), null), int.Parse(Digits(version, "minor"), null));
    }

    private static async Task<string> ApplyOnceAsync(KubernetesServer server)
    {
        string said = await server.KubectlAsync("apply", "--validate=false", "-k", Repository.File("deploy/overlays/legacy-1.20"));
        await server.KubectlAsync("wait", "--for=condition=Established", "crd/claudesessions.tars.cloudwalk.network", "--timeout=60s");
        await server.KubectlAsync("create", "namespace", "tars");
        await server.KubectlAsync("create", "serviceaccount", "tars", "--namespace", "tars");
        await server.KubectlAsync("create", "serviceaccount", "cluster", "--namespace", "tars");
        await server.KubectlAsync("create", "clusterrolebinding", "the-rest-of-the-cluster", "--clusterrole=cluster-admin", "--serviceaccount=tars:cluster");
        return said;
    }

    // Some builds say "20+".
    private static string Digits(JsonElement version, string part) => version.GetProperty(part).GetString()!.TrimEnd('+');
}
