using System.Text.Json;
using SshGateway.Hosting;
using SshGateway.Hosting.Logging;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Configuration;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Yaml;

namespace SshGateway.Operator.Listing;

/// <summary>
/// <c>sessions [-o wide]</c>: prints what <c>kubectl get claudesessions</c> prints, of either source, and ends. It
/// listens nowhere, takes no part in the election and writes nothing.
/// </summary>
internal static class SessionsCommand
{
    public const string Name = "sessions";

    /// <returns>The exit code: 0, or 1 when the sessions could not be read.</returns>
    /// <exception cref="ConfigurationException">The configuration or an argument cannot be used.</exception>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        SessionsArguments parsed = SessionsArguments.Parse(arguments);
        using var configuration = new ConfigurationManager();
        configuration.UseGatewaySources(OperatorOptions.Section, parsed.Configuration);
        OperatorOptions options = OperatorOptionsReader.ReadSource(configuration);
        bool isDirectory = options.Source == OperatorOptions.DirectorySource;
        ListedTable? table = isDirectory
            ? await ReadDirectoryAsync(options, configuration, cancellationToken)
            : await TryReadServerAsync(options, configuration, errors, cancellationToken);
        if (table is null)
        {
            return 1;
        }
        if (table.Rows.Count == 0)
        {
            string where = isDirectory ? options.Directory : options.Namespaces.Count == 0 ? "any namespace" : string.Join(", ", options.Namespaces);
            await errors.WriteLineAsync($"There are no ClaudeSessions in {where}.");
            return 0;
        }
        bool hasNamespaces = isDirectory ? table.Rows.Select(r => r.Namespace).Distinct().Count() > 1 : options.Namespaces.Distinct().Count() != 1;
        await output.WriteAsync(TableText.Format(table, parsed.IsWide, hasNamespaces));
        return 0;
    }

    private static async Task<ListedTable> ReadDirectoryAsync(OperatorOptions options, IConfiguration configuration, CancellationToken cancellationToken)
    {
        // What is wrong with a manifest is said beside the table, not in it.
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.UseGatewayConsole(configuration, Console.OpenStandardError()));
        var source = new DirectorySource(options.Directory, TimeProvider.System, loggers.CreateLogger<DirectorySource>());
        var routing = options.CreateRoutingOptions();
        return await DirectoryListing.ReadAsync(source, routing, TimeProvider.System.GetUtcNow(), cancellationToken);
    }

    private static async Task<ListedTable?> TryReadServerAsync(
        OperatorOptions options, IConfiguration configuration, TextWriter errors, CancellationToken cancellationToken)
    {
        ApiServerAccess access = AccessReader.Read(options.Kubeconfig, "Operator:Kubeconfig", configuration, TimeProvider.System);
        using var api = new ApiClient(ApiConnection.Open(access), TimeProvider.System);
        try
        {
            return await ServerListing.ReadAsync(api, [.. options.Namespaces], cancellationToken);
        }
        catch (ApiException exception)
        {
            await errors.WriteLineAsync($"The API server {access.Server} does not list the ClaudeSessions: {exception.Message}");
        }
        catch (Exception exception) when (ApiFailure.IsOfConnection(exception) || exception is JsonException)
        {
            await errors.WriteLineAsync($"The API server {access.Server} cannot be asked ({access.Origin}): {StartupFailure.Explain(exception)}");
        }
        return null;
    }
}
