using SshGateway.Hosting.Networks;
using SshGateway.Operator.Routing;

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

    /// <summary>Empty only with <see cref="AllNamespaces"/>.</summary>
    public IList<string> Namespaces { get; set; } = [];

    public bool AllNamespaces { get; set; }

    /// <summary>Empty: the pod's own namespace, outside of a cluster "default".</summary>
    public string LeaseNamespace { get; set; } = "";

    /// <summary>Made by the leader when it is missing; empty: not made.</summary>
    public string HostKeysSecret { get; set; } = "ssh-gateway-host-keys";

    /// <summary>Made by the leader when it is missing; empty: not made.</summary>
    public string UserCaSecret { get; set; } = "ssh-gateway-user-ca";

    /// <summary>Made by the leader when it is missing; empty: not made.</summary>
    public string UserCaConfigMap { get; set; } = "ssh-gateway-user-ca";

    /// <summary>The exec relays' host keys. Made by the leader when it is missing; empty: not made.</summary>
    public string ExecHostKeysSecret { get; set; } = "";

    /// <summary>Their public halves, which the proxies expect; empty: not made.</summary>
    public string ExecHostKeysConfigMap { get; set; } = "";

    /// <summary>Made and renewed by the leader, unless it is somebody's own; empty: not read.</summary>
    public string FeedCaSecret { get; set; } = "ssh-gateway-feed-ca";

    /// <summary>What the proxies trust; made and renewed by the leader, unless it is somebody's own.</summary>
    public string FeedCaConfigMap { get; set; } = "ssh-gateway-feed-ca";

    /// <summary>The operators' names for proxies; empty: the headless Service of the operator's namespace.</summary>
    public IList<string> FeedNames { get; set; } = [];

    public TimeSpan FeedCertificateLifetime { get; set; } = TimeSpan.FromDays(30);

    public TimeSpan FeedCaLifetime { get; set; } = TimeSpan.FromDays(365);

    /// <summary>How long the next CA is published before it signs, and the one before it afterwards.</summary>
    public TimeSpan FeedCaOverlap { get; set; } = TimeSpan.FromHours(1);

    public string FeedListen { get; set; } = "127.0.0.1:7443";

    /// <summary>PEM: the feed's certificate and its intermediates; empty: that of <see cref="FeedCaSecret"/>.</summary>
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

    /// <summary>Where <c>/internal</c> is served, with the feed's certificate; empty: nowhere.</summary>
    public string InternalListen { get; set; } = "";

    /// <summary>The ServiceAccounts that may ask about sessions at <c>/internal</c>. Empty: nobody.</summary>
    public IList<string> InternalCallers { get; set; } = [];

    /// <summary>Also accept tokens there that are for the API server. With one, the operator could act as the
    /// caller.</summary>
    public bool InternalApiServerTokens { get; set; }

    /// <summary>Whether <c>/</c> shows the sessions: at <see cref="HttpListen"/> to loopback only, and at <see
    /// cref="InternalListen"/> to those who may ask there.</summary>
    public bool StatusPage { get; set; }

    /// <summary>Empty: metrics are not sent anywhere.</summary>
    public string OtlpEndpoint { get; set; } = "";

    public bool AllowLoopbackPods { get; set; }

    public bool AllowUnlabelledPods { get; set; }

    /// <summary>Whether sessions may take keys from Secrets, which the operator then lists and watches.</summary>
    public bool AuthorizedKeysSecrets { get; set; }

    /// <summary>In CIDR notation. Empty: pods may have any address that is not refused for what it means.</summary>
    public IList<string> PodNetworks { get; set; } = [];

    /// <summary>Whether the feed's certificate comes from files.</summary>
    public bool HasFeedCertificateFiles => FeedCertificate.Length > 0 || FeedCertificateKey.Length > 0;

    /// <summary>Whether there is a Secret that it can come from.</summary>
    public bool HasFeedCa => Source == KubernetesSource && FeedCaSecret.Length > 0;

    /// <summary>What the routing function may do.</summary>
    public RoutingOptions CreateRoutingOptions() => new(AllowLoopbackPods, AllowUnlabelledPods)
    {
        PodNetworks = PodNetworks.Count > 0 ? new NetworkSet(PodNetworks) : null,
    };
}
