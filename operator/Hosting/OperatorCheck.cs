using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Hosting;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Configuration;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Feed.Certificates;

namespace SshGateway.Operator.Hosting;

/// <summary>What <c>--check</c> reads and says.</summary>
internal static class OperatorCheck
{
    /// <exception cref="ConfigurationException">A setting, or a file that one names, cannot be used.</exception>
    public static IEnumerable<string> Read(string[] arguments)
    {
        using var configuration = new ConfigurationManager();
        configuration.UseGatewaySources(OperatorOptions.Section, arguments);
        OperatorOptions options = OperatorOptionsReader.Read(configuration);
        string source = DescribeSource(options, configuration);
        string[] problems = [.. new[] { FindCertificateProblem(options), FindKeysProblem(options) }.OfType<string>()];
        if (problems.Length > 0)
        {
            throw new ConfigurationException(problems);
        }
        yield return $"Reads sessions and pods from {source}";
        yield return $"Feed on {options.FeedListen}{(options.FeedInsecure ? " without TLS" : "")}, probes and metrics on {options.HttpListen}";
        yield return options.InternalListen.Length == 0 ? "Serves no endpoints for TARS" : $"Serves the endpoints for TARS on {options.InternalListen}";
        yield return "The configuration is good";
    }

    private static string DescribeSource(OperatorOptions options, IConfiguration configuration)
    {
        if (options.Source == OperatorOptions.DirectorySource)
        {
            return $"the directory {options.Directory}";
        }
        ApiServerAccess access = AccessReader.Read(options.Kubeconfig, "Operator:Kubeconfig", configuration, TimeProvider.System);
        return $"the API server {access.Server} ({access.Origin}), {(options.AllNamespaces ? "all namespaces" : $"namespaces {string.Join(", ", options.Namespaces)}")}";
    }

    // The leader makes one where no files are named.
    private static string? FindCertificateProblem(OperatorOptions options)
    {
        if (options.FeedInsecure || !options.HasFeedCertificateFiles)
        {
            return null;
        }
        var files = new CertificateFiles(options.FeedCertificate, options.FeedCertificateKey, TimeProvider.System);
        using var certificate = new FeedCertificate(files, TimeProvider.System, NullLogger<FeedCertificate>.Instance);
        return certificate.Missing is { } problem ? $"{files.Origin}: {problem}" : null;
    }

    private static string? FindKeysProblem(OperatorOptions options)
    {
        if (options.FeedInsecure || options.FeedJwks.Length == 0)
        {
            return null;
        }
        try
        {
            new JwksFile(options.FeedJwks, options.FeedIssuer).Read();
            return null;
        }
        catch (IssuerKeysException problem)
        {
            return problem.Message;
        }
    }
}
