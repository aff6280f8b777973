using System.Net;
using System.Text;

namespace SshGateway.Bench.Traffic;

/// <summary>
/// The sessions of the test bed and their pods' addresses: "stock", "stock-terminal" and "stock-all" are the sshd,
/// "light-0" to "light-15" the light upstream, "quantum-0" to "quantum-15" the one with a post-quantum key exchange,
/// and "raw-0" to "raw-15" the raw one, by passthrough. Each has an address of its own, as the gateway bounds logins
/// and connections per pod.
/// </summary>
internal static class TestSessions
{
    public const int Each = 16;
    public const string Stock = "stock";

    public static IPAddress StockAddress { get; } = IPAddress.Parse("127.0.77.1");

    /// <summary>The sessions whose pod is the sshd, and what is recorded of each.</summary>
    public static IReadOnlyList<(string Id, IPAddress Address, string Recording)> OfSshd { get; } =
    [
        (Stock, StockAddress, "None"), ("stock-terminal", IPAddress.Parse("127.0.77.2"), "Terminal"), ("stock-all", IPAddress.Parse("127.0.77.3"), "All"),
    ];

    public static IReadOnlyList<IPAddress> LightAddresses { get; } = Addresses("127.0.78");

    public static IReadOnlyList<IPAddress> RawAddresses { get; } = Addresses("127.0.79");

    public static IReadOnlyList<IPAddress> PostQuantumAddresses { get; } = Addresses("127.0.80");

    public static string Light(int number) => $"light-{number % Each}";

    public static string PostQuantum(int number) => $"quantum-{number % Each}";

    public static string Raw(int number) => $"raw-{number % Each}";

    /// <summary>All of them, and others that nobody connects to, as the operator reads them.</summary>
    /// <param name="ports">Of sshd, light and raw upstream.</param>
    /// <param name="authorizedKey">Who may log in.</param>
    /// <param name="others">How many others.</param>
    public static string Manifests((int Stock, int Light, int Raw) ports, string authorizedKey, int others)
    {
        var manifests = new StringBuilder();
        void Add(string id, IPAddress address, int port, bool passthrough = false, string recording = "None") =>
            manifests.Append(Manifest(id, address, recording, $"{{port: {port}, targetUser: {Environment.UserName}, passthrough: {(passthrough ? "true" : "false")}, authorizedKeys: [\"{authorizedKey}\"]}}"));

        foreach ((string id, IPAddress address, string recording) in OfSshd)
        {
            Add(id, address, ports.Stock, recording: recording);
        }
        for (int number = 0; number < Each; number++)
        {
            Add(Light(number), LightAddresses[number], ports.Light);
            Add(PostQuantum(number), PostQuantumAddresses[number], ports.Light);
            Add(Raw(number), RawAddresses[number], ports.Raw, passthrough: true);
        }
        for (int number = 0; number < others; number++)
        {
            Add($"other-{number}", IPAddress.Parse($"127.{100 + (number / 62500)}.{number / 250 % 250}.{(number % 250) + 1}"), ports.Light);
        }
        return manifests.ToString();
    }

    private static IReadOnlyList<IPAddress> Addresses(string network) =>
        [.. Enumerable.Range(1, Each).Select(number => IPAddress.Parse($"{network}.{number}"))];

    private static string Manifest(string id, IPAddress address, string recording, string ssh) =>
        $$"""
        ---
        apiVersion: tars.cloudwalk.network/v1alpha1
        kind: ClaudeSession
        metadata: {name: {{id}}, namespace: default}
        spec:
          owner: {user: bench}
          maxConnections: 1000
          recording: {{recording}}
          ssh: {{ssh}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: {{id}}, namespace: default, uid: {{id}}, labels: {tars.cloudwalk.network/session: {{id}}} }
        status: {phase: Running, podIP: {{address}}, startTime: "2026-01-01T00:00:00Z", conditions: [{type: Ready, status: "True"}]}

        """;
}
