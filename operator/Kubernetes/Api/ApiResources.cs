using System.Text.Json;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>The kinds that are read.</summary>
internal static class ApiResources
{
    public static readonly ApiResource<ClaudeSession> Sessions =
        new(ClaudeSession.KindName, $"apis/{ClaudeSession.ApiVersion}", "claudesessions", ModelJson.Default.ClaudeSession, ReadWithoutSpec);

    public static readonly ApiResource<Pod> Pods = new(Pod.KindName, $"api/{Pod.ApiVersion}", "pods", ModelJson.Default.Pod);

    private static ClaudeSession? ReadWithoutSpec(ref Utf8JsonReader reader) =>
        JsonSerializer.Deserialize(ref reader, ModelJson.Default.SessionWithoutSpec) is { } rest
            ? new ClaudeSession { Metadata = rest.Metadata, Status = rest.Status }
            : null;
}
