namespace SshGateway.Operator.Configuration;

/// <summary>The section <c>Operator</c> of the configuration; docs/configuration.md describes each key.</summary>
internal sealed class OperatorOptions
{
    public const string Section = "Operator";

    public const string DirectorySource = "Directory";
    public const string KubernetesSource = "Kubernetes";

    public const string DefaultFeedClient = "system:serviceaccount:ssh-gateway:ssh-gateway-proxy";

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

    /// <summary>PEM: the feed's certificate, and what lies between it and its CA.</summary>
    public string FeedCertificate { get; set; } = "";

    /// <summary>PEM: the certificate's private key.</summary>
    public string FeedCertificateKey { get; set; } = "";

    /// <summary>Whose tokens may follow the feed; empty: those of <see cref="DefaultFeedClient"/>.</summary>
    public IList<string> FeedClients { get; set; } = [];

    /// <summary>A JSON Web Key Set; empty: the API server's.</summary>
    public string FeedJwks { get; set; } = "";

    /// <summary>The issuer whose keys <see cref="FeedJwks"/> has.</summary>
    public string FeedIssuer { get; set; } = "";

    public bool FeedInsecure { get; set; }

    public string HttpListen { get; set; } = "127.0.0.1:8081";

    /// <summary>The ServiceAccounts that may ask about sessions at <c>/internal</c>. Empty: nobody.</summary>
    public IList<string> InternalCallers { get; set; } = [];

    /// <summary>Empty: metrics are not sent anywhere.</summary>
    public string OtlpEndpoint { get; set; } = "";

    public bool AllowLoopbackPods { get; set; }

    public bool AllowUnlabelledPods { get; set; }
}
