using System.Text.Json;

namespace SshGateway.Tests.Support.Deploy;

/// <summary>What deploy/ lets each account do, by namespace: all of it, a line for each rule.</summary>
internal static class DeployedRules
{
    private const string TokenReviews = "create authentication.k8s.io/tokenreviews";

    public static IReadOnlyDictionary<string, string[]> Operator { get; } = new Dictionary<string, string[]>
    {
        ["ssh-gateway"] =
        [
            "create /secrets,configmaps",
            TokenReviews,
            "create coordination.k8s.io/leases",
            "get /configmaps ssh-gateway-user-ca",
            "get,patch /secrets,configmaps ssh-gateway-feed-ca",
            "get,patch coordination.k8s.io/leases ssh-gateway-operator",
        ],
        ["claude-sessions"] =
        [
            TokenReviews,
            "create,patch events.k8s.io/events",
            "get,list,watch /pods",
            "get,list,watch tars.cloudwalk.network/claudesessions",
            "list,watch /configmaps",
            "patch tars.cloudwalk.network/claudesessions/status",
            "patch,delete tars.cloudwalk.network/claudesessions",
        ],
        ["default"] = [TokenReviews],
        ["kube-system"] = [TokenReviews],
    };

    /// <summary>With components/exec.</summary>
    public static IReadOnlyDictionary<string, string[]> OperatorWithExecRelays { get; } = new Dictionary<string, string[]>(Operator)
    {
        ["ssh-gateway"] = [.. Operator["ssh-gateway"].Append("get /configmaps ssh-gateway-exec-host-keys").Order(StringComparer.Ordinal)],
    };

    /// <summary>With components/authorized-keys-secrets.</summary>
    public static IReadOnlyDictionary<string, string[]> OperatorWithSecrets { get; } = new Dictionary<string, string[]>(Operator)
    {
        ["claude-sessions"] = [.. Operator["claude-sessions"].Append("list,watch /secrets").Order(StringComparer.Ordinal)],
    };

    public static IReadOnlyDictionary<string, string[]> Proxy { get; } = new Dictionary<string, string[]> { ["ssh-gateway"] = [], ["claude-sessions"] = [] };

    /// <summary>With deploy/components/exec.</summary>
    public static IReadOnlyDictionary<string, string[]> ExecRelay { get; } = new Dictionary<string, string[]>
    {
        ["claude-sessions"] = ["create,get /pods/exec,pods/portforward", "get /pods"],
        ["ssh-gateway"] = [],
        ["default"] = [],
        ["kube-system"] = [],
    };

    public static IReadOnlyDictionary<string, string[]> Tars { get; } = new Dictionary<string, string[]>
    {
        ["claude-sessions"] = ["get,list,watch,create,update,patch,delete tars.cloudwalk.network/claudesessions"],
        ["ssh-gateway"] = ["get /configmaps ssh-gateway-feed-ca"],
        ["tars"] = [],
    };

    /// <summary>The question to the API server: what may I do there?</summary>
    public static string Review(string inNamespace) =>
        $$"""{"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": "{{inNamespace}}"} }""";

    /// <summary>Its answer, as it is written here.</summary>
    public static IEnumerable<string> Describe(JsonElement review) => review.At("status.resourceRules").EnumerateArray()
        .Select(rule => $"{List(rule, "verbs")} {List(rule, "apiGroups")}/{List(rule, "resources")} {List(rule, "resourceNames")}".TrimEnd())
        // Everybody may ask what they may do, and who they are.
        .Where(rule => !rule.Contains("/selfsubject", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    private static string List(JsonElement rule, string property) =>
        rule.TryGetProperty(property, out JsonElement list) ? string.Join(',', list.EnumerateArray().Select(e => e.GetString())) : "";
}
