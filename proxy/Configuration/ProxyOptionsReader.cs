using SshGateway.Feed.Client;
using SshGateway.Hosting;
using SshGateway.Hosting.Metrics;
using SshGateway.Hosting.Networks;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;
using static SshGateway.Hosting.OptionsSection;

namespace SshGateway.Proxy.Configuration;

/// <summary>Reads and checks the options; failures name key and remedy. Key files are checked when loaded.</summary>
internal static class ProxyOptionsReader
{
    /// <summary>A value of Proxy:RecordingFailure.</summary>
    public const string ContinueUnrecorded = "Continue";

    private const string RefuseUnrecorded = "Refuse";

    private const int MaxId = 128;
    private const int MaxExecRelays = 16;

    // A recording's first line fits, and a few screens.
    private const long MinRecording = 64 * 1024;

    // Less would spend the session on key exchanges.
    private const long MinRekeyBytes = 64 * 1024;

    // Less is not worth a connection; more does not fit a laptop's bandwidth and a trip around the world.
    private const int MinWindow = 64 * 1024;
    private const int MaxWindow = 64 * 1024 * 1024;

    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(10);

    // A lost packet is sent again after seconds; an idle client that has gone should not stay a day.
    private static readonly TimeSpan MinPeerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxPeerTimeout = TimeSpan.FromHours(2);
    private static readonly TimeSpan MaxUnreachable = TimeSpan.FromDays(7);

    private static readonly TimeSpan MaxDrain = TimeSpan.FromDays(7);

    /// <exception cref="ConfigurationException">A key is unknown, or a value cannot be used.</exception>
    public static ProxyOptions Read(IConfiguration configuration) =>
        OptionsSection.Read<ProxyOptions>(configuration, ProxyOptions.Section, (section, options) => section.Bind(options), Check);

    private static IEnumerable<string> Check(ProxyOptions options) =>
    [
        .. RefuseIf(!ListenAddress.TryParse(options.Listen, out _),
            $"Proxy:Listen is \"{options.Listen}\"; write address:port, such as [::]:2222"),
        .. RefuseIf(!ListenAddress.TryParse(options.HttpListen, out _),
            $"Proxy:HttpListen is \"{options.HttpListen}\"; write address:port, such as 127.0.0.1:8080"),
        .. RefuseIf(!MetricsEndpoint.IsOtlpEndpoint(options.OtlpEndpoint),
            $"Proxy:OtlpEndpoint is \"{options.OtlpEndpoint}\"; write the collector's address, such as http://127.0.0.1:4317"),
        .. RefuseIf(options.Id.Length is 0 or > MaxId || options.Id.AsSpan().ContainsAnyExceptInRange('!', '~'),
            $"Proxy:Id is \"{options.Id}\"; write 1 to {MaxId} printable characters without spaces"),
        .. RefuseIf(options.HostKeys.Count == 0,
            "Proxy:HostKeys is missing; write the gateway's private host key files, such as --Proxy:HostKeys:0=/etc/sshgateway/ssh_host_ed25519_key"),
        .. RefuseIf(options.UserCaKey.Length == 0 && options.GatewayKey.Length == 0,
            "Proxy:UserCaKey is missing; write the file of the user CA's private key (or, for pods that cannot be made to trust a CA, of Proxy:GatewayKey)"),
        .. RefuseIf(options.UserCaKey.Length > 0 && options.GatewayKey.Length > 0,
            "Proxy:UserCaKey and Proxy:GatewayKey are both there; the gateway logs in to pods with one of them, so leave the other out"),
        .. CheckNetworks("ProxyProtocolFrom", options.ProxyProtocolFrom).Concat(CheckNetworks("PenaltyExempt", options.PenaltyExempt)),
        .. OperatorSettings.FindProblems(ProxyOptions.Section, "proxy", options.Operators, options.OperatorCA, options.OperatorToken, options.OperatorInsecure),
        .. CheckExecRelays(options),
        .. CheckNames("KexAlgorithms", options.KexAlgorithms, [.. KeyExchangeAlgorithm.All.Select(kex => kex.Name)])
            .Concat(CheckNames("Ciphers", options.Ciphers, [.. CipherAlgorithm.All.Select(cipher => cipher.Name)]))
            .Concat(CheckNames("Macs", options.Macs, [.. MacAlgorithm.All.Select(mac => mac.Name)])),
        .. CheckLimits(options),
        .. RefuseIf(options.RekeyBytes is not 0 and < MinRekeyBytes,
            $"Proxy:RekeyBytes is {options.RekeyBytes}; write 0 for what the cipher allows, or at least {MinRekeyBytes}"),
        .. RefuseIf(options.KeyExchangeTimeout <= TimeSpan.Zero || options.KeyExchangeTimeout > MaxTimeout,
            $"Proxy:KeyExchangeTimeout is {options.KeyExchangeTimeout}; write a time up to {MaxTimeout}, such as 00:00:10"),
        .. RefuseIf(options.AuthenticationTimeout <= TimeSpan.Zero || options.AuthenticationTimeout > MaxTimeout,
            $"Proxy:AuthenticationTimeout is {options.AuthenticationTimeout}; write a time up to {MaxTimeout}, such as 00:02:00"),
        .. RefuseIf(options.PeerTimeout < MinPeerTimeout || options.PeerTimeout > MaxPeerTimeout,
            $"Proxy:PeerTimeout is {options.PeerTimeout}; write a time from {MinPeerTimeout} to {MaxPeerTimeout}, such as 00:10:00"),
        .. RefuseIf(options.UnreachableClientTimeout < MinPeerTimeout || options.UnreachableClientTimeout > MaxUnreachable,
            $"Proxy:UnreachableClientTimeout is {options.UnreachableClientTimeout}; write a time from {MinPeerTimeout} to {MaxUnreachable:c}, such as 02:11:15"),
        .. RefuseIf(options.PodLoginTimeout <= TimeSpan.Zero || options.PodLoginTimeout > MaxTimeout,
            $"Proxy:PodLoginTimeout is {options.PodLoginTimeout}; write a time up to {MaxTimeout}, such as 00:00:30"),
        .. RefuseIf(options.DrainDelay < TimeSpan.Zero || options.DrainDelay > MaxTimeout,
            $"Proxy:DrainDelay is {options.DrainDelay}; write a time up to {MaxTimeout}, such as 00:00:15"),
        .. RefuseIf(options.DrainTimeout < TimeSpan.Zero || options.DrainTimeout > MaxDrain,
            $"Proxy:DrainTimeout is {options.DrainTimeout}; write a time up to {MaxDrain:c}, such as 00:55:00"),
        .. RefuseIf(options.WaitForPod < TimeSpan.Zero || options.WaitForPod > MaxTimeout,
            $"Proxy:WaitForPod is {options.WaitForPod}; write 00:00:00 to not wait, or a time up to {MaxTimeout}, such as 00:01:00"),
        .. CheckRecording(options),
    ];

    private static IEnumerable<string> CheckRecording(ProxyOptions options) =>
    [
        .. RefuseIf(options.RecordingFailure is not (RefuseUnrecorded or ContinueUnrecorded),
            $"Proxy:RecordingFailure is \"{options.RecordingFailure}\"; write {RefuseUnrecorded} or {ContinueUnrecorded}"),
        .. RefuseIf(options.RecordingMaxFileSize < MinRecording,
            $"Proxy:RecordingMaxFileSize is {options.RecordingMaxFileSize}; write at least {MinRecording} bytes, such as 268435456"),
        .. RefuseIf(options.RecordingMinFreeSpace < 0,
            $"Proxy:RecordingMinFreeSpace is {options.RecordingMinFreeSpace}; write a number of bytes, such as 536870912, or 0 to use all space"),
        .. RefuseIf(options.RecordingTimeout <= TimeSpan.Zero || options.RecordingTimeout > MaxTimeout,
            $"Proxy:RecordingTimeout is {options.RecordingTimeout}; write a time up to {MaxTimeout}, such as 00:00:10"),
    ];

    private static IEnumerable<string> CheckLimits(ProxyOptions options) =>
    [
        .. CheckNumber("SourcePrefixIPv4", options.SourcePrefixIPv4, 8, 32, 32),
        .. CheckNumber("SourcePrefixIPv6", options.SourcePrefixIPv6, 16, 128, 64),
        .. CheckNumber("MaxConnections", options.MaxConnections, 1, 1_000_000, 10_000),
        .. CheckNumber("MaxUnauthenticated", options.MaxUnauthenticated, 1, 100_000, 1000),
        .. CheckNumber("MaxUnauthenticatedPerSource", options.MaxUnauthenticatedPerSource, 1, 100_000, 100),
        .. CheckWindow("ClientWindow", options.ClientWindow, 1_048_576),
        .. CheckWindow("PodWindow", options.PodWindow, 262_144),
        .. CheckNumber("BusyPoll", options.BusyPoll, 0, 1000, 100),
        .. CheckNumber("HandshakesPerPod", options.HandshakesPerPod, 1, 100, 4),
        .. CheckNumber("PassthroughPerSource", options.PassthroughPerSource, 1, 10_000, 32),
        .. CheckNumber("PassthroughPerPod", options.PassthroughPerPod, 1, 1000, 5),
    ];

    private static IEnumerable<string> CheckNumber(string key, int value, int min, int max, int usual) =>
        value >= min && value <= max ? [] : [$"Proxy:{key} is {value}; write a number from {min} to {max}, such as {usual}"];

    private static string[] CheckWindow(string key, int value, int usual) => RefuseIf(
        value is not 0 and (< MinWindow or > MaxWindow),
        $"Proxy:{key} is {value}; write 0 for what the kernel allows, or a number from {MinWindow} to {MaxWindow}, such as {usual}");

    private static IEnumerable<string> CheckExecRelays(ProxyOptions options) =>
    [
        .. options.ExecRelays.Where(address => !OperatorSettings.IsAddress(address))
            .Select(address => $"Proxy:ExecRelays has \"{address}\"; write host:port, such as ssh-gateway-exec.ssh-gateway.svc:2222"),
        .. RefuseIf(options.ExecRelays.Count > MaxExecRelays,
            $"Proxy:ExecRelays has {options.ExecRelays.Count} names; write {MaxExecRelays} at most: one name can have the addresses of many relays"),
        .. RefuseIf(options.ExecRelays.Count > 0 && options.ExecRelayHostKeys.Length == 0,
            "Proxy:ExecRelayHostKeys is missing; write the file or directory of the public host keys that the relays of Proxy:ExecRelays may show"),
        .. RefuseIf(options.ExecRelays.Count == 0 && options.ExecRelayHostKeys.Length > 0,
            "Proxy:ExecRelays is missing; write where the relays of Proxy:ExecRelayHostKeys are, such as ssh-gateway-exec.ssh-gateway.svc:2222"),
        .. RefuseIf(options.ExecRelays.Count > 0 && options.GatewayKey.Length > 0,
            "Proxy:ExecRelays needs Proxy:UserCaKey in place of Proxy:GatewayKey: exec relays accept only certificates"),
    ];

    private static IEnumerable<string> CheckNetworks(string key, IEnumerable<string> networks) => networks
        .Where(network => !NetworkSet.IsNetwork(network))
        .Select(network => $"Proxy:{key} has \"{network}\"; write a network such as 10.0.0.0/8 or 2001:db8::/32, without bits behind its prefix");

    private static IEnumerable<string> CheckNames(string key, IEnumerable<string> names, string[] known) =>
        names.Where(name => !known.Contains(name)).Select(name => $"Proxy:{key} has \"{name}\"; there are {string.Join(", ", known)}");
}
