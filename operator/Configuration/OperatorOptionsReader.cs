using System.Net;
using System.Text.RegularExpressions;
using SshGateway.Hosting;
using SshGateway.Hosting.Metrics;
using SshGateway.Hosting.Networks;
using SshGateway.Operator.Model;
using SshGateway.Operator.TarsApi;

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

    private static IEnumerable<string> Check(OperatorOptions options)
    {
        foreach (string failure in CheckSource(options).Concat(options.FeedInsecure ? CheckInsecureFeed(options) : CheckFeed(options)))
        {
            yield return failure;
        }
        if (!ListenAddress.TryParse(options.FeedListen, out _))
        {
            yield return $"Operator:FeedListen is \"{options.FeedListen}\"; write address:port, such as 127.0.0.1:7443";
        }
        if (!ListenAddress.TryParse(options.HttpListen, out _))
        {
            yield return $"Operator:HttpListen is \"{options.HttpListen}\"; write address:port, such as 127.0.0.1:8081";
        }
        foreach (string failure in CheckInternal(options))
        {
            yield return failure;
        }
        if (!MetricsEndpoint.IsOtlpEndpoint(options.OtlpEndpoint))
        {
            yield return $"Operator:OtlpEndpoint is \"{options.OtlpEndpoint}\"; write the collector's address, such as http://127.0.0.1:4317";
        }
    }

    private static IEnumerable<string> CheckInternal(OperatorOptions options)
    {
        if (options.InternalListen.Length > 0 && !ListenAddress.TryParse(options.InternalListen, out _))
        {
            yield return $"Operator:InternalListen is \"{options.InternalListen}\"; write address:port, such as 127.0.0.1:7444";
        }
        if (options.InternalListen.Length > 0 && options.FeedInsecure)
        {
            yield return "Operator:InternalListen needs the feed's certificate; leave out Operator:FeedInsecure or Operator:InternalListen";
        }
        if (options.InternalListen.Length == 0 && options.InternalCallers.Count > 0)
        {
            yield return "Operator:InternalListen is missing; write the address where Operator:InternalCallers may call over TLS, such as [::]:7444";
        }
        foreach (string caller in options.InternalCallers.Where(caller => !ServiceAccountName.TryParse(caller, out _)))
        {
            yield return $"Operator:InternalCallers has \"{caller}\"; write ServiceAccounts as namespace:name, such as tars:tars";
        }
    }

    private static IEnumerable<string> CheckInsecureFeed(OperatorOptions options)
    {
        if (ListenAddress.TryParse(options.FeedListen, out IPEndPoint? feed) && !IPAddress.IsLoopback(feed.Address))
        {
            yield return $"Operator:FeedListen is \"{options.FeedListen}\"; with Operator:FeedInsecure write a loopback address, such as 127.0.0.1:7443";
        }
    }

    private static IEnumerable<string> CheckFeed(OperatorOptions options)
    {
        foreach (string failure in options.HasFeedCertificateFiles || !options.HasFeedCa ? CheckFeedFiles(options) : CheckFeedCa(options))
        {
            yield return failure;
        }
        if (options.FeedJwks.Length == 0 && options.Source == OperatorOptions.DirectorySource)
        {
            yield return "Operator:FeedJwks is missing; write the file of the JSON Web Key Set that the proxies' tokens are verified with";
        }
        if (options.FeedJwks.Length > 0 && options.FeedIssuer.Length == 0)
        {
            yield return "Operator:FeedIssuer is missing; write the issuer (iss) of the tokens that Operator:FeedJwks verifies";
        }
        if (options.FeedJwks.Length == 0 && options.FeedIssuer.Length > 0)
        {
            yield return "Operator:FeedIssuer is for Operator:FeedJwks; leave it out: the API server says what its issuer is";
        }
        if (options.FeedClients.Any(subject => subject.Length == 0))
        {
            yield return $"Operator:FeedClients has an empty entry; write subjects, such as {OperatorOptions.DefaultFeedClient}";
        }
    }

    private static IEnumerable<string> CheckFeedFiles(OperatorOptions options)
    {
        if (options.FeedCertificate.Length == 0)
        {
            yield return "Operator:FeedCertificate is missing; write the PEM file of the feed's certificate";
        }
        if (options.FeedCertificateKey.Length == 0)
        {
            yield return "Operator:FeedCertificateKey is missing; write the PEM file of the private key of Operator:FeedCertificate";
        }
    }

    private static IEnumerable<string> CheckFeedCa(OperatorOptions options)
    {
        if (!ObjectName().IsMatch(options.FeedCaSecret))
        {
            yield return $"Operator:FeedCaSecret is \"{options.FeedCaSecret}\"; write the name of a Secret, or nothing to have the certificate read from Operator:FeedCertificate";
        }
        if (!ObjectName().IsMatch(options.FeedCaConfigMap))
        {
            yield return $"Operator:FeedCaConfigMap is \"{options.FeedCaConfigMap}\"; write the name of a ConfigMap";
        }
        foreach (string name in options.FeedNames.Where(name => !IPAddress.TryParse(name, out _) && !ObjectName().IsMatch(name)))
        {
            yield return $"Operator:FeedNames has \"{name}\"; write the hosts of Proxy:Operators, such as ssh-gateway-operator.ssh-gateway.svc";
        }
        if (options.FeedCaOverlap < MinOverlap || options.FeedCaOverlap > MaxOverlap)
        {
            yield return $"Operator:FeedCaOverlap is {options.FeedCaOverlap}; write a time from {MinOverlap} to {MaxOverlap}, such as 01:00:00";
        }
        // So that the last third of a life, in which its successor comes, is at least as long as what has to happen
        // then.
        if (options.FeedCertificateLifetime < options.FeedCaOverlap * MinRatio || options.FeedCertificateLifetime > MaxCertificateLifetime)
        {
            yield return $"Operator:FeedCertificateLifetime is {options.FeedCertificateLifetime}; write a time from {MinRatio} times Operator:FeedCaOverlap to {MaxCertificateLifetime}, such as 30.00:00:00";
        }
        if (options.FeedCaLifetime < options.FeedCertificateLifetime * MinRatio || options.FeedCaLifetime > MaxCaLifetime)
        {
            yield return $"Operator:FeedCaLifetime is {options.FeedCaLifetime}; write a time from {MinRatio} times Operator:FeedCertificateLifetime to {MaxCaLifetime}, such as 365.00:00:00";
        }
    }

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

    private static IEnumerable<string> CheckDirectory(OperatorOptions options)
    {
        if (options.Directory.Length == 0)
        {
            yield return $"Operator:Directory is missing; write the directory of the ClaudeSession and Pod manifests, or set Operator:Source to {OperatorOptions.KubernetesSource}";
        }
        else if (!Directory.Exists(options.Directory))
        {
            yield return $"Operator:Directory is \"{options.Directory}\", which is no directory; create it or write another one";
        }
        // Not skipped in silence: they would seem to keep other namespaces out.
        if (options.Namespaces.Count > 0 || options.AllNamespaces)
        {
            yield return "Operator:Namespaces and Operator:AllNamespaces do not apply to a directory; leave them out: "
                + "the manifests of all namespaces are read";
        }
    }

    // RFC 1123 labels, as Kubernetes demands of namespaces.
    private static IEnumerable<string> CheckNamespaces(OperatorOptions options)
    {
        if (options.Namespaces.Count == 0 && !options.AllNamespaces)
        {
            yield return "Operator:Namespaces is missing; write the namespaces of sessions, such as "
                + "Operator:Namespaces:0=claude-sessions, or, if everybody who can create a ClaudeSession in any namespace "
                + "is to be trusted, Operator:AllNamespaces=true";
        }
        if (options.Namespaces.Count > 0 && options.AllNamespaces)
        {
            yield return "Operator:Namespaces and Operator:AllNamespaces=true exclude each other; "
                + "leave out Operator:AllNamespaces to watch only the namespaces of the list";
        }
        if (options.Namespaces.Count > ClusterVersions.MaxNamespaces)
        {
            yield return $"Operator:Namespaces has {options.Namespaces.Count} names; "
                + $"write {ClusterVersions.MaxNamespaces} at most, or Operator:AllNamespaces=true instead";
        }
        foreach (string name in options.Namespaces.Where(name => !NamespaceName().IsMatch(name)))
        {
            yield return $"Operator:Namespaces has \"{name}\"; write names of namespaces";
        }
        if (options.LeaseNamespace.Length > 0 && !NamespaceName().IsMatch(options.LeaseNamespace))
        {
            yield return $"Operator:LeaseNamespace is \"{options.LeaseNamespace}\"; write the name of a namespace, or leave it out for the operator's own";
        }
    }

    private static IEnumerable<string> CheckKeyNames(OperatorOptions options)
    {
        (string Key, string Name)[] names =
        [
            (nameof(OperatorOptions.HostKeysSecret), options.HostKeysSecret),
            (nameof(OperatorOptions.UserCaSecret), options.UserCaSecret),
            (nameof(OperatorOptions.UserCaConfigMap), options.UserCaConfigMap),
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
