using System.Text.Json;
using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary><c>users[].user</c>; any other field is refused.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigUser
{
    [JsonPropertyName("client-certificate")]
    public string? ClientCertificate { get; init; }

    [JsonPropertyName("client-certificate-data")]
    public string? ClientCertificateData { get; init; }

    [JsonPropertyName("client-key")]
    public string? ClientKey { get; init; }

    [JsonPropertyName("client-key-data")]
    public string? ClientKeyData { get; init; }

    public string? Token { get; init; }

    public string? TokenFile { get; init; }

    public KubeconfigExec? Exec { get; init; }

    public JsonElement Extensions { get; init; }
}
