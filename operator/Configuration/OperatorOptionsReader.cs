using System.Net;
using System.Text.RegularExpressions;
using SshGateway.Hosting;
using SshGateway.Hosting.Metrics;
using SshGateway.Hosting.Networks;
using SshGateway.Operator.Model;
using SshGateway.Operator.TarsApi;
using static SshGateway.Hosting.OptionsSection;

namespace SshGateway.Operator.Configuration;

/// <summary>Reads and checks the options; each failure names the key and what to write instead.</summary>
internal static partial class OperatorOptionsReader
{
    private const int MinRatio = 3;

    private static readonly TimeSpan MinOverlap = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxOverlap = TimeSpan.FromDays(7);
    private static readonly TimeSpan MaxCertificateLifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan MaxCaLifetime = TimeSpan.FromDays(3650);

    /// <exception cref="ConfigurationException">A key is unknown, or a value cannot be used.</exception>
    public static OperatorOptions Read(IConfiguration configuration) =>
        OptionsSection.Read<OperatorOptions>(configuration, OperatorOptions.Section, (section, options) => section.Bind(options), Check);

    /// <summary>For who only reads the sessions: what the feed and the listeners need may be missing.</summary>
    /// <exception cref="ConfigurationException">A key is unknown, or a value of the source cannot be used.</exception>
    public static OperatorOptions ReadSource(IConfiguration configuration) =>
        OptionsSection.Read<OperatorOptions>(configuration, OperatorOptions.Section, (section, options) => section.Bind(options), CheckSource);

    private static IEnumerable<string> Check(OperatorOptions options) =>
    [
        .. CheckSource(options), .. options.FeedInsecure ? CheckInsecureFeed(options) : CheckFeed(options),
        .. RefuseIf(!ListenAddress.TryParse(options.FeedListen, out _),
            $"Operator:FeedListen is \"{options.FeedListen}\"; write address:port, such as 127.0.0.1:7443"),
        .. RefuseIf(!ListenAddress.TryParse(options.HttpListen, out _),
            $"Operator:HttpListen is \"{options.HttpListen}\"; write address:port, such as 127.0.0.1:8081"),
        .. CheckInternal(options),
        .. RefuseIf(!MetricsEndpoint.IsOtlpEndpoint(options.OtlpEndpoint),
            $"Operator:OtlpEndpoint is \"{options.OtlpEndpoint}\"; write the collector's address, such as http://127.0.0.1:4317"),
    ];

    private static IEnumerable<string> CheckInternal(OperatorOptions options) =>
    [
        .. RefuseIf(options.InternalListen.Length > 0 && !ListenAddress.TryParse(options.InternalListen, out _),
            $"Operator:InternalListen is \"{options.InternalListen}\"; write address:port, such as 127.0.0.1:7444"),
        .. RefuseIf(options.InternalListen.Length > 0 && options.FeedInsecure,
            "Operator:InternalListen needs the feed's certificate; leave out Operator:FeedInsecure or Operator:InternalListen"),
        .. RefuseIf(options.InternalListen.Length == 0 && options.InternalCallers.Count > 0,
            "Operator:InternalListen is missing; write the address where Operator:InternalCallers may call over TLS, such as [::]:7444"),
        .. options.InternalCallers.Where(caller => !ServiceAccountName.TryParse(caller, out _))
            .Select(caller => $"Operator:InternalCallers has \"{caller}\"; write ServiceAccounts as namespace:name, such as tars:tars"),
    ];

    private static string[] CheckInsecureFeed(OperatorOptions options) => RefuseIf(
        ListenAddress.TryParse(options.FeedListen, out IPEndPoint? feed) && !IPAddress.IsLoopback(feed.Address),
        $"Operator:FeedListen is \"{options.FeedListen}\"; with Operator:FeedInsecure write a loopback address, such as 127.0.0.1:7443");

    private static IEnumerable<string> CheckFeed(OperatorOptions options) =>
    [
        .. options.HasFeedCertificateFiles || !options.HasFeedCa ? CheckFeedFiles(options) : CheckFeedCa(options),
        .. RefuseIf(options.FeedJwks.Length == 0 && options.Source == OperatorOptions.DirectorySource,
            "Operator:FeedJwks is missing; write the file of the JSON Web Key Set that the proxies' tokens are verified with"),
        .. RefuseIf(options.FeedJwks.Length > 0 && options.FeedIssuer.Length == 0,
            "Operator:FeedIssuer is missing; write the issuer (iss) of the tokens that Operator:FeedJwks verifies"),
        .. RefuseIf(options.FeedJwks.Length == 0 && options.FeedIssuer.Length > 0,
            "Operator:FeedIssuer is for Operator:FeedJwks; leave it out: the API server says what its issuer is"),
        .. RefuseIf(options.FeedClients.Any(subject => subject.Length == 0),
            $"Operator:FeedClients has an empty entry; write subjects, such as {OperatorOptions.DefaultFeedClient}"),
    ];

    private static IEnumerable<string> CheckFeedFiles(OperatorOptions options) =>
    [
        .. RefuseIf(options.FeedCertificate.Length == 0,
            "Operator:FeedCertificate is missing; write the PEM file of the feed's certificate"),
        .. RefuseIf(options.FeedCertificateKey.Length == 0,
            "Operator:FeedCertificateKey is missing; write the PEM file of the private key of Operator:FeedCertificate"),
    ];

    // The least lifetimes make the last third of a life, in which its successor comes, as long as what has to happen
    // then.
    private static IEnumerable<string> CheckFeedCa(OperatorOptions options) =>
    [
        .. RefuseIf(!ObjectName().IsMatch(options.FeedCaSecret),
            $"Operator:FeedCaSecret is \"{options.FeedCaSecret}\"; write the name of a Secret, or nothing to have the certificate read from Operator:FeedCertificate"),
        .. RefuseIf(!ObjectName().IsMatch(options.FeedCaConfigMap),
            $"Operator:FeedCaConfigMap is \"{options.FeedCaConfigMap}\"; write the name of a ConfigMap"),
        .. options.FeedNames.Where(name => !IPAddress.TryParse(name, out _) && !ObjectName().IsMatch(name))
            .Select(name => $"Operator:FeedNames has \"{name}\"; write the hosts of Proxy:Operators, such as ssh-gateway-operator.ssh-gateway.svc"),
        .. RefuseIf(options.FeedCaOverlap < MinOverlap || options.FeedCaOverlap > MaxOverlap,
            $"Operator:FeedCaOverlap is {options.FeedCaOverlap}; write a time from {MinOverlap} to {MaxOverlap}, such as 01:00:00"),
        .. RefuseIf(options.FeedCertificateLifetime < options.FeedCaOverlap * MinRatio || options.FeedCertificateLifetime > MaxCertificateLifetime,
            $"Operator:FeedCertificateLifetime is {options.FeedCertificateLifetime}; write a time from {MinRatio} times Operator:FeedCaOverlap to {MaxCertificateLifetime}, such as 30.00:00:00"),
        .. RefuseIf(options.FeedCaLifetime < options.FeedCertificateLifetime * MinRatio || options.FeedCaLifetime > MaxCaLifetime,
            $"Operator:FeedCaLifetime is {options.FeedCaLifetime}; write a time from {MinRatio} times Operator:FeedCertificateLifetime to {MaxCaLifetime}, such as 365.00:00:00"),
    ];

    private static IEnumerable<string> CheckSource(OperatorOptions options)
    {
        IEnumerable<string> ofSource = options.Source switch
        {
            OperatorOptions.DirectorySource => CheckDirectory(options),
            // What the kubeconfig says is checked when it is read.
            OperatorOptions.KubernetesSource => CheckNamespaces(options).Concat(CheckKeyNames(options)),
            _ => [$"Operator:Source is \"{options.Source}\"; write {OperatorOptions.DirectorySource} or {OperatorOptions.KubernetesSource}"],
        };
        return ofSource.Concat(options.PodNetworks.Where(network => !NetworkSet.IsNetwork(network))
            .Select(network => $"Operator:PodNetworks has \"{network}\"; write networks in CIDR notation, such as 10.244.0.0/16 or fd00:10:244::/56"));
    }

    // Settings that do not apply are not skipped in silence: they would seem to keep other namespaces out.
    private static IEnumerable<string> CheckDirectory(OperatorOptions options) =>
    [
        .. RefuseIf(options.Directory.Length == 0,
            $"Operator:Directory is missing; write the directory of the ClaudeSession and Pod manifests, or set Operator:Source to {OperatorOptions.KubernetesSource}"),
        .. RefuseIf(options.Directory.Length > 0 && !Directory.Exists(options.Directory),
            $"Operator:Directory is \"{options.Directory}\", which is no directory; create it or write another one"),
        .. RefuseIf(options.Namespaces.Count > 0 || options.AllNamespaces,
            "Operator:Namespaces and Operator:AllNamespaces do not apply to a directory; leave them out: the manifests of all namespaces are read"),
    ];

    // RFC 1123 labels, as Kubernetes demands of namespaces.
    private static IEnumerable<string> CheckNamespaces(OperatorOptions options) =>
    [
        .. RefuseIf(options.Namespaces.Count == 0 && !options.AllNamespaces,
            "Operator:Namespaces is missing; write the namespaces of sessions, such as Operator:Namespaces:0=claude-sessions, or, "
            + "if everybody who can create a ClaudeSession in any namespace is to be trusted, Operator:AllNamespaces=true"),
        .. RefuseIf(options.Namespaces.Count > 0 && options.AllNamespaces,
            "Operator:Namespaces and Operator:AllNamespaces=true exclude each other; "
            + "leave out Operator:AllNamespaces to watch only the namespaces of the list"),
        .. RefuseIf(options.Namespaces.Count > ClusterVersions.MaxNamespaces,
            $"Operator:Namespaces has {options.Namespaces.Count} names; write {ClusterVersions.MaxNamespaces} at most, or Operator:AllNamespaces=true instead"),
        .. options.Namespaces.Where(name => !NamespaceName().IsMatch(name))
            .Select(name => $"Operator:Namespaces has \"{name}\"; write names of namespaces"),
        .. RefuseIf(options.LeaseNamespace.Length > 0 && !NamespaceName().IsMatch(options.LeaseNamespace),
            $"Operator:LeaseNamespace is \"{options.LeaseNamespace}\"; write the name of a namespace, or leave it out for the operator's own"),
    ];

    private static IEnumerable<string> CheckKeyNames(OperatorOptions options)
    {
        (string Key, string Name)[] names =
        [
            (nameof(OperatorOptions.HostKeysSecret), options.HostKeysSecret),
            (nameof(OperatorOptions.UserCaSecret), options.UserCaSecret),
            (nameof(OperatorOptions.UserCaConfigMap), options.UserCaConfigMap),
            (nameof(OperatorOptions.ExecHostKeysSecret), options.ExecHostKeysSecret),
            (nameof(OperatorOptions.ExecHostKeysConfigMap), options.ExecHostKeysConfigMap),
        ];
        return names.Where(n => n.Name.Length > 0 && !ObjectName().IsMatch(n.Name))
            .Select(n => $"Operator:{n.Key} is \"{n.Name}\"; write the name of an object, or nothing to have none made");
    }

    // An RFC 1123 subdomain.
    [GeneratedRegex(@"^(?=.{1,253}\z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex ObjectName();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")]
    private static partial Regex NamespaceName();
}
