using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Feed.Client;
using SshGateway.Hosting;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Hosting;

/// <summary>What <c>--check</c> reads and says.</summary>
internal static class ProxyCheck
{
    /// <exception cref="ConfigurationException">A setting, or a file that one names, cannot be used.</exception>
    public static IEnumerable<string> Read(string[] arguments)
    {
        using var configuration = new ConfigurationManager();
        configuration.UseGatewaySources(ProxyOptions.Section, arguments);
        ProxyOptions options = ProxyOptionsReader.Read(configuration);
        var services = new ServiceCollection();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        ProxyHost.AddServices(services, options);
        using ServiceProvider provider = services.BuildServiceProvider();
        string[] problems =
        [
            .. provider.GetServices<IReloadable>().Select(file => file.Reload() is { } problem ? $"{file.Content}: {problem}" : null)
                .Append(new OperatorAccess(provider.GetRequiredService<FeedOptions>(), TimeProvider.System).FindProblem())
                .Append(FindAuditProblem(options.AuditLog)).Append(FindRecordingProblem(options.RecordingDirectory)).OfType<string>(),
        ];
        if (problems.Length > 0)
        {
            throw new ConfigurationException(problems);
        }
        yield return $"Proxy {options.Id}: SSH on {options.Listen}, probes and metrics on {options.HttpListen}";
        foreach (SshPublicKey key in provider.GetRequiredService<Func<HostKeySet>>()().PublicKeys)
        {
            yield return $"Host key {key.Type} {key.Fingerprint}";
        }
        IPodCredentials credentials = provider.GetRequiredService<Func<IPodCredentials>>()();
        yield return $"Logs in to pods with the {credentials.Kind} {credentials.PublicKey.Type} {credentials.PublicKey.Fingerprint}";
        if (options.ExecRelays.Count > 0)
        {
            ExecRelayKeys relayKeys = provider.GetRequiredService<Func<ExecRelayKeys>>()();
            yield return $"Logs in to the exec relays {string.Join(", ", options.ExecRelays)}, which must show {string.Join(" or ", relayKeys.Fingerprints)}";
        }
        yield return $"Follows the operators {string.Join(", ", options.Operators)}{(options.OperatorInsecure ? " without TLS" : "")}";
        yield return options.AuditLog.Length == 0 ? "Writes no audit log" : $"Writes the audit log to {options.AuditLog}";
        yield return options.RecordingDirectory.Length == 0
            ? $"Cannot record sessions ({options.RecordingFailure})"
            : $"Records sessions into {options.RecordingDirectory} ({options.RecordingFailure})";
        yield return "The configuration is good";
    }

    // Whether it can be written is found out at the start, by writing.
    private static string? FindRecordingProblem(string directory) =>
        directory.Length == 0 || Directory.Exists(directory) ? null
        : $"Proxy:RecordingDirectory is \"{directory}\", and there is no such directory; write a directory that the proxy may write to";

    // The file itself may be made at the start.
    private static string? FindAuditProblem(string destination) =>
        destination is "" or AuditLog.StandardOutput || Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(destination))) ? null
        : $"Proxy:AuditLog is \"{destination}\", and there is no such directory; write a file in a directory that the proxy may write to, or -";
}
