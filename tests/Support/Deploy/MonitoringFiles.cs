using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace SshGateway.Tests.Support.Deploy;

/// <summary>The alerts and the dashboard of deploy/components/monitoring.</summary>
internal static partial class MonitoringFiles
{
    public const string Directory = "deploy/components/monitoring/objects";

    public static IReadOnlyList<Alert> Alerts { get; } =
    [
        .. AlertSpec.GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .Select(rule => JsonSerializer.Deserialize<Alert>(rule, JsonSerializerOptions.Web)!),
    ];

    /// <summary>What Prometheus itself calls a file of rules.</summary>
    public static JsonElement AlertSpec => Manifest.Load($"{Directory}/alerts.yaml").Single().GetProperty("spec");

    /// <summary>Every query of the dashboard, with its variables set.</summary>
    public static IReadOnlyList<string> DashboardQueries { get; } =
    [
        .. Dashboard.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => WithoutVariables(target.GetProperty("expr").GetString()!)),
    ];

    public static JsonElement Dashboard => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Repository.File($"{Directory}/dashboard.json")));

    private static string WithoutVariables(string query) =>
        Variable().Replace(query.Replace("$__rate_interval", "5m", StringComparison.Ordinal), ".*");

    [GeneratedRegex(@"\$\w+")]
    private static partial Regex Variable();
}

/// <summary>An alert of Prometheus.</summary>
internal sealed record Alert(
    [property: JsonPropertyName("alert")] string Name, string Expr, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations);
