namespace SshGateway.Operator.Configuration;

/// <summary>The section <c>Operator</c> of the configuration; docs/configuration.md describes each key.</summary>
internal sealed class OperatorOptions
{
    public const string Section = "Operator";

    public const string DirectorySource = "Directory";
    public const string KubernetesSource = "Kubernetes";

    public string Source { get; set; } = DirectorySource;

    public string Directory { get; set; } = "";

    public string Kubeconfig { get; set; } = "";

    /// <summary>Empty: all.</summary>
    public IList<string> Namespaces { get; set; } = [];

    /// <summary>Empty: the pod's own namespace, outside of a cluster "default".</summary>
    public string LeaseNamespace { get; set; } = "";

    /// <summary>Made by the leader when it is missing; empty: not made.</summary>
    public string HostKeysSecret { get; set; } = "ssh-gateway-host-keys";

    /// <summary>Made by the leader when it is missing; empty: not made.</summary>
    public string UserCaSecret { get; set; } = "ssh-gateway-user-ca";

    /// <summary>Made by the leader when it is missing; empty: not made.</summary>
    public string UserCaConfigMap { get; set; } = "ssh-gateway-user-ca";

    public string FeedListen { get; set; } = "127.0.0.1:7443";

    public string HttpListen { get; set; } = "127.0.0.1:8081";

    /// <summary>The ServiceAccounts that may ask about sessions at <c>/internal</c>. Empty: nobody.</summary>
    public IList<string> InternalCallers { get; set; } = [];

    public bool AllowLoopbackPods { get; set; }

    public bool AllowUnlabelledPods { get; set; }
}
