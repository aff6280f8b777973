using System.Text.Json;
using System.Text.Json.Nodes;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// The merge patch (RFC 7386) of a status. It carries the version that it was computed from, so that a writer who is behind
/// cannot win, and nulls for the fields that were there and no longer are. Fields of others are left alone.
/// </summary>
internal static class StatusPatch
{
    public static byte[] Encode(ClaudeSession session, SessionStatus status)
    {
        JsonObject wanted = ToJson(status);
        JsonObject present = session.Status is null ? [] : ToJson(session.Status);
        AddRemovals(wanted, present);
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = session.Metadata?.ResourceVersion, ["uid"] = session.Uid },
            ["status"] = wanted,
        };
        return JsonSerializer.SerializeToUtf8Bytes(patch, StatusJson.Default.JsonObject);
    }

    /// <summary>Whether the session has this status already.</summary>
    public static bool IsCurrent(ClaudeSession session, SessionStatus status) =>
        session.Status is { } present && JsonNode.DeepEquals(ToJson(present), ToJson(status));

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

    private static JsonObject ToJson(SessionStatus status) => JsonSerializer.SerializeToNode(status, StatusJson.Default.SessionStatus)!.AsObject();
}
