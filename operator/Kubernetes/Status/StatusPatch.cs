using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;


namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// The merge patch (RFC 7386) of a status. It carries the version that it was computed from, so that a writer who is
/// behind cannot win, and nulls for the fields that were there and no longer are, which no typed body can say. Fields
/// of others are left alone.
/// </summary>
internal static class StatusPatch
{
    /// <exception cref="ApiException">The server refused. 409: the session is another version by now.</exception>
    public static Task SendAsync(
        ApiClient api, ClaudeSession session, SessionStatus status, CancellationToken cancellationToken)
    {
        string[] group = ClaudeSession.ApiVersion.Split('/');
        return api.CustomObjects.PatchNamespacedCustomObjectStatusAsync(
            new V1Patch(Create(session, status), V1Patch.PatchType.MergePatch), group[0], group[1], session.Namespace,
            ApiResources.Sessions.Plural, session.Name, cancellationToken: cancellationToken);
    }

    public static JsonObject Create(ClaudeSession session, SessionStatus status)
    {
        JsonObject wanted = ToJson(status);
        JsonObject present = session.Status is null ? [] : ToJson(session.Status);
        AddRemovals(wanted, present);
        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = session.Metadata?.ResourceVersion, ["uid"] = session.Uid },
            ["status"] = wanted,
        };
    }

    /// <summary>Whether the session has this status already.</summary>
    public static bool IsCurrent(ClaudeSession session, SessionStatus status) =>
        session.Status is { } present && AreEqual(present, status);

    public static bool AreEqual(SessionStatus one, SessionStatus other) => JsonNode.DeepEquals(ToJson(one), ToJson(other));

    private static void AddRemovals(JsonObject wanted, JsonObject present)
    {
        foreach ((string name, JsonNode? value) in present)
        {
            if (!wanted.TryGetPropertyValue(name, out JsonNode? kept))
            {
                wanted[name] = null;
            }
            else if (kept is JsonObject inner && value is JsonObject presentInner)
            {
                AddRemovals(inner, presentInner);
            }
        }
    }

    private static JsonObject ToJson(SessionStatus status) => JsonSerializer.SerializeToNode(status, ModelJson.Default.SessionStatus)!.AsObject();
}
