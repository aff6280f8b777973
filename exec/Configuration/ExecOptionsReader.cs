using SshGateway.Feed.Client;
using SshGateway.Hosting;
using SshGateway.Hosting.Metrics;
using static SshGateway.Hosting.OptionsSection;

namespace SshGateway.Exec.Configuration;

/// <summary>Reads and checks the options; failures name key and remedy. Key files are checked when loaded.</summary>
internal static class ExecOptionsReader
{
    private const int MaxId = 128;

    private static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MaxDrain = TimeSpan.FromDays(7);

    /// <exception cref="ConfigurationException">A key is unknown, or a value cannot be used.</exception>
    public static ExecOptions Read(IConfiguration configuration) =>
        OptionsSection.Read<ExecOptions>(configuration, ExecOptions.Section, (section, options) => section.Bind(options), Check);

    private static IEnumerable<string> Check(ExecOptions options) =>
    [
        .. RefuseIf(!ListenAddress.TryParse(options.Listen, out _),
            $"Exec:Listen is \"{options.Listen}\"; write address:port, such as [::]:2223"),
        .. RefuseIf(!ListenAddress.TryParse(options.HttpListen, out _),
            $"Exec:HttpListen is \"{options.HttpListen}\"; write address:port, such as 127.0.0.1:8082"),
        .. RefuseIf(!MetricsEndpoint.IsOtlpEndpoint(options.OtlpEndpoint),
            $"Exec:OtlpEndpoint is \"{options.OtlpEndpoint}\"; write the collector's address, such as http://127.0.0.1:4317"),
        .. RefuseIf(options.Id.Length is 0 or > MaxId || options.Id.AsSpan().ContainsAnyExceptInRange('!', '~'),
            $"Exec:Id is \"{options.Id}\"; write 1 to {MaxId} printable characters without spaces"),
        .. RefuseIf(options.HostKeys.Count == 0,
            "Exec:HostKeys is missing; write the relay's private host key files, such as --Exec:HostKeys:0=/etc/sshgateway/ssh_host_ed25519_key"),
        .. RefuseIf(options.UserCa.Length == 0,
            "Exec:UserCa is missing; write the file with the public key of the CA that signs the proxies' certificates (user_ca.pub)"),
        .. OperatorSettings.FindProblems(ExecOptions.Section, "relay", options.Operators, options.OperatorCA, options.OperatorToken, options.OperatorInsecure),
        .. CheckNumber("MaxConnections", options.MaxConnections, 1, 100_000, 1000),
        .. CheckNumber("MaxChannels", options.MaxChannels, 1, 1000, 32),
        .. RefuseIf(options.DrainDelay < TimeSpan.Zero || options.DrainDelay > MaxDelay,
            $"Exec:DrainDelay is {options.DrainDelay}; write a time up to {MaxDelay}, such as 00:00:15"),
        .. RefuseIf(options.DrainTimeout < TimeSpan.Zero || options.DrainTimeout > MaxDrain,
            $"Exec:DrainTimeout is {options.DrainTimeout}; write a time up to {MaxDrain:c}, such as 00:55:00"),
    ];

    private static IEnumerable<string> CheckNumber(string key, int value, int min, int max, int usual) =>
        value >= min && value <= max ? [] : [$"Exec:{key} is {value}; write a number from {min} to {max}, such as {usual}"];
}
