using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>A proxy with few threads on a machine with many processors, and a crowd that wants to log in.</summary>
[Collection(EndToEndTests.Name)]
public sealed class ThreadTests(SharedGateway shared)
{
    // Each processor has an event loop; with 28 others, 6 are left for the pool, which would like to have 128.
    private const int Processors = 64;
    private const int Limit = 98;

    // Nobody's, so that the limit of its threads is this process's alone.
    private const string User = "54321";

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [RealSshFact("prlimit", "setpriv")]
    public async Task A_proxy_with_few_threads_makes_do_with_them()
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions
        {
            ProxyArguments = [[]],
            // It has to read what root has written, and root has no limit.
            ProxyLauncher =
            [
                "env", $"DOTNET_PROCESSOR_COUNT={Processors}", "prlimit", $"--nproc={Limit}", "setpriv", $"--reuid={User}", "--clear-groups",
                "--inh-caps=-all,+dac_override", "--ambient-caps=+dac_override",
            ],
        });
        PodSshd pod = shared.Pod(SharedGateway.Alpha);
        gateway.Manifests.Write(
            new SessionManifest(SharedGateway.Alpha, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest(SharedGateway.Alpha, SharedGateway.Alpha, pod.Endpoint.Address));
        ProxyProcess proxy = gateway.Proxies[0];
        await proxy.Daemon.WaitForLineAsync($"The process may have {Limit} threads (pids.max, RLIMIT_NPROC) and should have 220.", Soon);
        SshClient client = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
        Assert.True((await client.RunWhenKnownAsync(SharedGateway.Alpha, "true")).Succeeded, gateway.Logs);

        // Each of these computes for tens of milliseconds, all at once.
        SshClient slow = client.With("KexAlgorithms=diffie-hellman-group18-sha512,diffie-hellman-group16-sha512");
        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => slow.RunAsync($"nobody-{n}", "true")));

        Assert.False(proxy.Daemon.HasExited, gateway.Logs);
        Assert.True((await client.RunAsync(SharedGateway.Alpha, "true")).Succeeded, gateway.Logs);
    }
}
