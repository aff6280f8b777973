using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Exec.Configuration;
using SshGateway.Feed.Client;
using SshGateway.Hosting;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Ssh.Keys;

namespace SshGateway.Exec.Hosting;

/// <summary>What <c>--check</c> reads and says.</summary>
internal static class ExecCheck
{
    /// <exception cref="ConfigurationException">A setting, or a file that one names, cannot be used.</exception>
    public static IEnumerable<string> Read(string[] arguments)
    {
        using var configuration = new ConfigurationManager();
        configuration.UseGatewaySources(ExecOptions.Section, arguments);
        ExecOptions options = ExecOptionsReader.Read(configuration);
        var services = new ServiceCollection();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        ExecHost.AddServices(services, options, configuration);
        using ServiceProvider provider = services.BuildServiceProvider();
        string[] problems =
        [
            .. provider.GetServices<IReloadable>().Select(file => file.Reload() is { } problem ? $"{file.Content}: {problem}" : null)
                .Append(new OperatorAccess(provider.GetRequiredService<FeedOptions>(), TimeProvider.System).FindProblem()).OfType<string>(),
        ];
        if (problems.Length > 0)
        {
            throw new ConfigurationException(problems);
        }
        yield return $"Exec relay {options.Id}: SSH for proxies on {options.Listen}, probes and metrics on {options.HttpListen}";
        foreach (SshPublicKey key in provider.GetRequiredService<Func<HostKeySet>>()().PublicKeys)
        {
            yield return $"Host key {key.Type} {key.Fingerprint}";
        }
        foreach (SshPublicKey key in provider.GetRequiredService<Func<IReadOnlyList<SshPublicKey>>>()())
        {
            yield return $"Accepts certificates of the user CA {key.Type} {key.Fingerprint}";
        }
        ApiServerAccess access = provider.GetRequiredService<ApiServerAccess>();
        yield return $"Runs commands through the API server {access.Server} ({access.Origin})";
        yield return $"Follows the operators {string.Join(", ", options.Operators)}{(options.OperatorInsecure ? " without TLS" : "")}";
        yield return "The configuration is good";
    }
}
