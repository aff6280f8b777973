using System.Net;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>The real ssh behind a real HAProxy that sends PROXY headers to the third proxy.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class BalancerTests(SharedGateway shared)
{
    private const string Client = "127.0.0.77";

    [RealSshTheory("haproxy")]
    [InlineData("send-proxy", "127.0.0.1", Client)]
    [InlineData("send-proxy-v2", "127.0.0.1", Client)]
    [InlineData("send-proxy-v2 proxy-v2-options unique-id,crc32c", "127.0.0.1", Client)]
    [InlineData("send-proxy", "::1", "::1")]
    [InlineData("send-proxy-v2", "::1", "::1")]
    public async Task The_pod_and_the_log_name_the_client_and_not_the_balancer(string how, string listen, string source)
    {
        var balancer = new IPEndPoint(IPAddress.Parse(listen), Loopback.FreePort());
        await using Daemon haproxy = await HaProxy.StartAsync(
            $"""
            listen ssh
              bind {balancer}
              unique-id-format %pid
              server gateway {shared.Gateway.Proxies[SharedGateway.BehindBalancer].Ssh} {how} source {SharedGateway.Balancer}
            """);
        SshClient client = SshClient.Create(balancer, shared.UserKey, shared.Gateway.Keys.HostKeys).With($"BindAddress={source}");

        CommandResult result = await client.RunAsync(SharedGateway.Beta, "echo $POD");

        Assert.True(result.Text == "beta\n", $"{result}\n{haproxy.Output}\n{shared.Gateway.Logs}");
        Assert.Contains($" from={source} ", shared.Pod(SharedGateway.Beta).Log, StringComparison.Ordinal);
        await shared.Gateway.Proxies[SharedGateway.BehindBalancer].Daemon.WaitForLineAsync($"{(source == Client ? Client : "[::1]")}:");
        // Its line of the audit log.
        await shared.Gateway.Proxies[SharedGateway.BehindBalancer].Daemon.WaitForLineAsync(
            $"\"protocol\":\"ssh\",\"client\":\"{(source == Client ? Client : "[::1]")}:");
        Assert.DoesNotContain($"from={SharedGateway.Balancer}", shared.Pod(SharedGateway.Beta).Log, StringComparison.Ordinal);
    }

    [RealSshFact("haproxy")]
    public async Task A_balancer_without_a_header_is_refused_and_named_in_the_log()
    {
        var balancer = new IPEndPoint(IPAddress.Loopback, Loopback.FreePort());
        await using Daemon haproxy = await HaProxy.StartAsync(
            $"""
            listen ssh
              bind {balancer}
              server gateway {shared.Gateway.Proxies[SharedGateway.BehindBalancer].Ssh} source {SharedGateway.Balancer}
            """);

        CommandResult result = await SshClient.Create(balancer, shared.UserKey, shared.Gateway.Keys.HostKeys).RunAsync(SharedGateway.Beta, "true");

        Assert.Equal(255, result.ExitCode);
        await shared.Gateway.Proxies[SharedGateway.BehindBalancer].Daemon.WaitForLineAsync("(ProxyHeaderInvalid, blame");
    }
}
