using System.Net;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.FeedFaults;

/// <summary>
/// Two machines and a router between them, as network namespaces. The router can stop forwarding: then packets are lost
/// in both directions and nobody is told.
/// </summary>
internal sealed class LossyNetwork : IAsyncDisposable
{
    private static int _networks;

    private readonly string _prefix = $"sshgw-{Environment.ProcessId}-{Interlocked.Increment(ref _networks)}";

    private LossyNetwork()
    {
    }

    public static IPAddress LeftAddress { get; } = IPAddress.Parse("10.77.1.2");

    public string Left => $"{_prefix}-l";

    public string Right => $"{_prefix}-r";

    private string Router => $"{_prefix}-m";

    public static async Task<LossyNetwork> StartAsync()
    {
        var network = new LossyNetwork();
        foreach (string space in new[] { network.Left, network.Router, network.Right })
        {
            await Ip("netns", "add", space);
            await Ip("-n", space, "link", "set", "lo", "up");
        }
        await network.ConnectAsync(network.Left, "left", 1);
        await network.ConnectAsync(network.Right, "right", 2);
        await network.ForwardAsync(true);
        return network;
    }

    /// <summary>The command line of a program there.</summary>
    public static IEnumerable<string> In(string space, params IEnumerable<string> command) => ["netns", "exec", space, .. command];

    /// <summary>Starts a program of the gateway there.</summary>
    public static Daemon StartProgram(string space, string program, IEnumerable<string> arguments) =>
        GatewayProgram.Start(program, program, arguments, ["ip", .. In(space)]);

    public Task LoseAllAsync() => ForwardAsync(false);

    public Task LoseNothingAsync() => ForwardAsync(true);

    public async ValueTask DisposeAsync()
    {
        foreach (string space in new[] { Left, Router, Right })
        {
            await Ip("netns", "delete", space);
        }
    }

    private async Task ConnectAsync(string space, string name, int network)
    {
        await Ip("-n", space, "link", "add", "net0", "type", "veth", "peer", "name", name, "netns", Router);
        await Ip("-n", space, "address", "add", $"10.77.{network}.2/24", "dev", "net0");
        await Ip("-n", Router, "address", "add", $"10.77.{network}.1/24", "dev", name);
        await Ip("-n", space, "link", "set", "net0", "up");
        await Ip("-n", Router, "link", "set", name, "up");
        await Ip("-n", space, "route", "add", "default", "via", $"10.77.{network}.1");
    }

    private Task<string> ForwardAsync(bool doesForward) => Ip([.. In(Router, "bash", "-c", $"echo {(doesForward ? 1 : 0)} >/proc/sys/net/ipv4/ip_forward")]);

    private static Task<string> Ip(params string[] arguments) => Command.OutputAsync("ip", arguments);
}
