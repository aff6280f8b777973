using System.Net;
using System.Text.RegularExpressions;
using SshGateway.Operator.Internal;
using SshGateway.Shared.Hosting;

namespace SshGateway.Operator.Configuration;

/// <summary>Reads and checks the options; each failure names the key and what to write instead.</summary>
internal static partial class OperatorOptionsReader
{
    private static readonly string[] Keys =
    [
        nameof(OperatorOptions.Source), nameof(OperatorOptions.Directory), nameof(OperatorOptions.Kubeconfig), nameof(OperatorOptions.Namespaces), nameof(OperatorOptions.LeaseNamespace),
        nameof(OperatorOptions.HostKeysSecret), nameof(OperatorOptions.UserCaSecret), nameof(OperatorOptions.UserCaConfigMap),
        nameof(OperatorOptions.FeedListen), nameof(OperatorOptions.HttpListen), nameof(OperatorOptions.InternalCallers),
        nameof(OperatorOptions.AllowLoopbackPods), nameof(OperatorOptions.AllowUnlabelledPods),
    ];

    /// <exception cref="ConfigurationException">A key is unknown, or a value cannot be used.</exception>
    public static OperatorOptions Read(IConfiguration configuration) =>
        OptionsSection.Read<OperatorOptions>(configuration, OperatorOptions.Section, Keys, (section, options) => section.Bind(options), Check);

    private static IEnumerable<string> Check(OperatorOptions options)
    {
        foreach (string failure in CheckSource(options))
        {
            yield return failure;
        }
        if (!ListenAddress.TryParse(options.FeedListen, out IPEndPoint? feed))
        {
            yield return $"Operator:FeedListen is \"{options.FeedListen}\"; write address:port, such as 127.0.0.1:7443";
        }
        else if (!IPAddress.IsLoopback(feed.Address))
        {
            yield return $"Operator:FeedListen is \"{options.FeedListen}\"; write a loopback address, such as 127.0.0.1:7443: the feed is not authenticated";
        }
        if (!ListenAddress.TryParse(options.HttpListen, out _))
        {
            yield return $"Operator:HttpListen is \"{options.HttpListen}\"; write address:port, such as 127.0.0.1:8081";
        }
        foreach (string caller in options.InternalCallers.Where(caller => !ServiceAccountName.TryParse(caller, out _)))
        {
            yield return $"Operator:InternalCallers has \"{caller}\"; write ServiceAccounts as namespace:name, such as tars:tars";
        }
    }

    private static IEnumerable<string> CheckSource(OperatorOptions options) => options.Source switch
    {
        OperatorOptions.DirectorySource => CheckDirectory(options.Directory),
        // What the kubeconfig says is checked when it is read.
        OperatorOptions.KubernetesSource => CheckNamespaces(options).Concat(CheckKeyNames(options)),
        _ => [$"Operator:Source is \"{options.Source}\"; write {OperatorOptions.DirectorySource} or {OperatorOptions.KubernetesSource}"],
    };

    private static IEnumerable<string> CheckDirectory(string directory)
    {
        if (directory.Length == 0)
        {
            yield return $"Operator:Directory is missing; write the directory of the ClaudeSession and Pod manifests, or set Operator:Source to {OperatorOptions.KubernetesSource}";
        }
        else if (!Directory.Exists(directory))
        {
            yield return $"Operator:Directory is \"{directory}\", which is no directory; create it or write another one";
        }
    }

    // RFC 1123 labels, as Kubernetes demands of namespaces.
    private static IEnumerable<string> CheckNamespaces(OperatorOptions options)
    {
        foreach (string name in options.Namespaces.Where(name => !NamespaceName().IsMatch(name)))
        {
            yield return $"Operator:Namespaces has \"{name}\"; write names of namespaces, or leave the list out for all";
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
