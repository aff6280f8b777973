using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>Decodes kubeconfig files and exec plugins' credentials.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KubeconfigFile))]
[JsonSerializable(typeof(KubeconfigContext))]
[JsonSerializable(typeof(KubeconfigCluster))]
[JsonSerializable(typeof(KubeconfigUser))]
[JsonSerializable(typeof(ExecCredential))]
internal sealed partial class AccessJson : JsonSerializerContext;
