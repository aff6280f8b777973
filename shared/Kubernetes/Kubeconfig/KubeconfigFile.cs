using System.Text.Json;
using System.Text.Json.Serialization;
using SshGateway.Kubernetes.ApiServer;

namespace SshGateway.Kubernetes.Kubeconfig;

/// <summary>A kubeconfig file. The entries stay undecoded: only the ones that are used have to be usable.</summary>
internal sealed record KubeconfigFile(
    string? ApiVersion,
    string? Kind,
    [property: JsonPropertyName("current-context")] string? CurrentContext,
    IReadOnlyList<KubeconfigFile.NamedEntry?>? Clusters,
    IReadOnlyList<KubeconfigFile.NamedEntry?>? Users,
    IReadOnlyList<KubeconfigFile.NamedEntry?>? Contexts)
{
    /// <summary>An element of one of the three lists.</summary>
    internal sealed record NamedEntry(string? Name, JsonElement Cluster, JsonElement User, JsonElement Context);
}

/// <summary><c>contexts[].context</c>. Its namespace is not used: settings say which namespaces matter.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigContext(string? Cluster, string? User, string? Namespace, JsonElement Extensions);

/// <summary><c>clusters[].cluster</c>; any other field is refused.</summary>
/// <param name="DisableCompression">Nothing is compressed here in any case.</param>
/// <param name="Extensions">One of them is for exec plugins.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigCluster(
    string? Server,
    [property: JsonPropertyName("certificate-authority")] string? CertificateAuthority,
    [property: JsonPropertyName("certificate-authority-data")] string? CertificateAuthorityData,
    [property: JsonPropertyName("tls-server-name")] string? TlsServerName,
    [property: JsonPropertyName("insecure-skip-tls-verify")] bool? InsecureSkipTlsVerify,
    [property: JsonPropertyName("proxy-url")] string? ProxyUrl,
    [property: JsonPropertyName("disable-compression")] bool? DisableCompression,
    IReadOnlyList<KubeconfigCluster.Extension?>? Extensions)
{
    /// <summary>Something that a tool keeps with the cluster.</summary>
    internal sealed record Extension(string? Name, [property: JsonPropertyName("extension")] JsonElement Value);
}

/// <summary><c>users[].user</c>; any other field is refused.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigUser(
    [property: JsonPropertyName("client-certificate")] string? ClientCertificate = null,
    [property: JsonPropertyName("client-certificate-data")] string? ClientCertificateData = null,
    [property: JsonPropertyName("client-key")] string? ClientKey = null,
    [property: JsonPropertyName("client-key-data")] string? ClientKeyData = null,
    string? Token = null,
    string? TokenFile = null,
    KubeconfigExec? Exec = null,
    JsonElement Extensions = default,
    // Not supported, but there and empty in what some tools write.
    JsonElement Username = default,
    JsonElement Password = default,
    [property: JsonPropertyName("auth-provider")] JsonElement AuthProvider = default,
    [property: JsonPropertyName("as")] JsonElement Impersonate = default,
    [property: JsonPropertyName("as-uid")] JsonElement ImpersonateUid = default,
    [property: JsonPropertyName("as-groups")] JsonElement ImpersonateGroups = default,
    [property: JsonPropertyName("as-user-extra")] JsonElement ImpersonateExtra = default);

/// <summary><c>users[].user.exec</c>: a program that prints a credential.</summary>
/// <param name="InteractiveMode">Never, IfAvailable or Always; no program of the gateway has a terminal.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigExec(
    string? ApiVersion, string? Command, IReadOnlyList<string?>? Args, IReadOnlyList<KubeconfigExec.Variable?>? Env, string? InstallHint,
    bool? ProvideClusterInfo, string? InteractiveMode)
{
    /// <summary>A variable of the program's environment.</summary>
    internal sealed record Variable(string? Name, string? Value);
}

/// <summary>Decodes kubeconfig files and exec plugins' credentials.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KubeconfigFile))]
[JsonSerializable(typeof(KubeconfigContext))]
[JsonSerializable(typeof(KubeconfigCluster))]
[JsonSerializable(typeof(KubeconfigUser))]
[JsonSerializable(typeof(ExecCredential))]
internal sealed partial class KubeconfigJson : JsonSerializerContext;
