using System.Text.Json;
using System.Text.Json.Nodes;
using SshGateway.Operator.Model;
using SshGateway.Tests.Support.Yaml;

namespace SshGateway.Tests.Integration.Crd;

/// <summary>A good session in which one field was changed, added or removed.</summary>
internal sealed record SessionVariant(string Title, bool IsGood, string Field, JsonNode? Value)
{
    /// <summary>The operator would take it: only the schema is so strict.</summary>
    public bool IsOfSchemaOnly { get; init; }

    /// <summary>It has the backend Exec.</summary>
    public bool IsExec { get; init; }

    public string Name => Field == "metadata.name" ? (string)Value! : "abc12";

    /// <summary>The object as an API server gets it.</summary>
    public string Json
    {
        get
        {
            JsonNode session = JsonNode.Parse($$"""
                {
                  "apiVersion": "{{ClaudeSession.ApiVersion}}", "kind": "{{ClaudeSession.KindName}}", "metadata": {"name": "abc12"},
                  "spec": {"owner": {"user": "alice"}, "ssh": {"authorizedKeys": ["{{Samples.Key}}"] } }
                }
                """)!;
            if (IsExec)
            {
                session["spec"]!["backend"] = "Exec";
            }
            string[] path = Field.Split('.');
            JsonNode parent = path[..^1].Aggregate(session, (node, name) => node[name] ??= new JsonObject());
            if (Value is null)
            {
                parent.AsObject().Remove(path[^1]);
            }
            else
            {
                parent[path[^1]] = Value.DeepClone();
            }
            return session.ToJsonString();
        }
    }

    public JsonElement Element => JsonSerializer.Deserialize<JsonElement>(Json);

    public ClaudeSession Decoded => JsonSerializer.Deserialize(Json, ModelJson.Default.ClaudeSession)!;

    public override string ToString() => $"{(IsGood ? "good" : "bad")}: {Title}";
}
