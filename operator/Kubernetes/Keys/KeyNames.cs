namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>Where the gateway's keys are. What has an empty name is not made.</summary>
/// <param name="Namespace">The operator's own.</param>
/// <param name="HostKeysSecret">The proxies' host keys.</param>
/// <param name="UserCaSecret">The key of the CA that the pods trust.</param>
/// <param name="UserCaConfigMap">Its public half.</param>
internal sealed record KeyNames(string Namespace, string HostKeysSecret, string UserCaSecret, string UserCaConfigMap);
