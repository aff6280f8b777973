using System.Globalization;
using System.Net.Sockets;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>A proxy that may have few descriptors, and somebody who takes them all.</summary>
[Collection(EndToEndTests.Name)]
public sealed class DescriptorTests(SharedGateway shared)
{
    private const int Limit = 600;

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [RealSshFact("prlimit")]
    public async Task Open_sessions_outlive_clients_that_take_all_descriptors()
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions
        {
            ProxyLauncher = ["prlimit", $"--nofile=256:{Limit}"],
            ProxyArguments = [["--Proxy:MaxUnauthenticated=100000", "--Proxy:MaxUnauthenticatedPerSource=100000"]],
        });
        PodSshd pod = shared.Pod(SharedGateway.Alpha);
        gateway.Manifests.Write(
            new SessionManifest(SharedGateway.Alpha, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest(SharedGateway.Alpha, SharedGateway.Alpha, pod.Endpoint.Address));
        ProxyProcess proxy = gateway.Proxies[0];
        // Raised to the hard limit, which does not suffice either.
        await proxy.Daemon.WaitForLineAsync($"The process may have {Limit} descriptors; Proxy:MaxConnections 10000 needs 20384. The proxy takes 108 connections", Soon);
        SshClient client = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
        Assert.True((await client.RunWhenKnownAsync(SharedGateway.Alpha, "true")).Succeeded, gateway.Logs);
        await using LineDialog session = LineDialog.Start(client, SharedGateway.Alpha, "cat");
        Assert.Equal("one", await session.EchoAsync("one"));

        List<Socket> crowd = [];
        try
        {
            for (int i = 0; i < 1000; i++)
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                crowd.Add(socket);
                await socket.ConnectAsync(proxy.Ssh).WaitAsync(Soon);
            }
            Assert.Equal("two", await session.EchoAsync("two"));
            using HttpClient http = new() { BaseAddress = proxy.Http, Timeout = Soon };
            // All 108, one of which is the open session.
            await Eventually.TrueAsync(
                async () => (await http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Contains("sshgateway_proxy_unauthenticated_connections 107\n", StringComparison.Ordinal),
                Soon,
                () => gateway.Logs);
            // The kernel gives the lowest number that is free: the last ones are left for the runtime.
            Assert.InRange(Directory.GetFiles($"/proc/{proxy.Daemon.Id}/fd").Max(file => int.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture)), 108, Limit - 65);
            Assert.False(proxy.Daemon.HasExited, gateway.Logs);
        }
        finally
        {
            crowd.ForEach(socket => socket.Dispose());
        }

        await Eventually.TrueAsync(async () => (await client.RunAsync(SharedGateway.Alpha, "true")).Succeeded, Soon, () => gateway.Logs);
        Assert.Equal("three", await session.EchoAsync("three"));
        Assert.Equal(0, await session.FinishAsync());
    }
}
