using System.Text.Json;
using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>A kubeconfig file. The entries stay undecoded: only the ones that are used have to be usable.</summary>
internal sealed record KubeconfigFile
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    [JsonPropertyName("current-context")]
    public string? CurrentContext { get; init; }

    public IReadOnlyList<NamedEntry?>? Clusters { get; init; }

    public IReadOnlyList<NamedEntry?>? Users { get; init; }

    public IReadOnlyList<NamedEntry?>? Contexts { get; init; }

    /// <summary>An element of one of the three lists.</summary>
    internal sealed record NamedEntry
    {
        public string? Name { get; init; }

        public JsonElement Cluster { get; init; }

        public JsonElement User { get; init; }

        public JsonElement Context { get; init; }
    }
}

/// <summary><c>contexts[].context</c>. Its namespace is not used: Operator:Namespaces says which are watched.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigContext
{
    public string? Cluster { get; init; }

    public string? User { get; init; }

    public string? Namespace { get; init; }

    public JsonElement Extensions { get; init; }
}

/// <summary><c>clusters[].cluster</c>; any other field is refused.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigCluster
{
    public string? Server { get; init; }

    [JsonPropertyName("certificate-authority")]
    public string? CertificateAuthority { get; init; }

    [JsonPropertyName("certificate-authority-data")]
    public string? CertificateAuthorityData { get; init; }

    [JsonPropertyName("tls-server-name")]
    public string? TlsServerName { get; init; }

    [JsonPropertyName("insecure-skip-tls-verify")]
    public bool? InsecureSkipTlsVerify { get; init; }

    [JsonPropertyName("proxy-url")]
    public string? ProxyUrl { get; init; }

    /// <summary>Nothing is compressed here in any case.</summary>
    [JsonPropertyName("disable-compression")]
    public bool? DisableCompression { get; init; }

    /// <summary>One of them is for exec plugins.</summary>
    public IReadOnlyList<Extension?>? Extensions { get; init; }

    /// <summary>Something that a tool keeps with the cluster.</summary>
    internal sealed record Extension
    {
        public string? Name { get; init; }

        [JsonPropertyName("extension")]
        public JsonElement Value { get; init; }
    }
}

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

    // Not supported, but there and empty in what some tools write.
    public JsonElement Username { get; init; }

    public JsonElement Password { get; init; }

    [JsonPropertyName("auth-provider")]
    public JsonElement AuthProvider { get; init; }

    [JsonPropertyName("as")]
    public JsonElement Impersonate { get; init; }

    [JsonPropertyName("as-uid")]
    public JsonElement ImpersonateUid { get; init; }

    [JsonPropertyName("as-groups")]
    public JsonElement ImpersonateGroups { get; init; }

    [JsonPropertyName("as-user-extra")]
    public JsonElement ImpersonateExtra { get; init; }
}

/// <summary><c>users[].user.exec</c>: a program that prints a credential.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigExec
{
    public string? ApiVersion { get; init; }

    public string? Command { get; init; }

    public IReadOnlyList<string?>? Args { get; init; }

    public IReadOnlyList<Variable?>? Env { get; init; }

    public string? InstallHint { get; init; }

    public bool? ProvideClusterInfo { get; init; }

    /// <summary>Never, IfAvailable or Always; the operator has no terminal.</summary>
    public string? InteractiveMode { get; init; }

    /// <summary>A variable of the program's environment.</summary>
    internal sealed record Variable
    {
        public string? Name { get; init; }

        public string? Value { get; init; }
    }
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
