using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>SIGHUP, and signals that come twice, at processes with a session open.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class SignalTests(SharedGateway shared)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [RealSshFact]
    public async Task Sighup_reads_files_again_says_so_and_cuts_nothing()
    {
        string directory = ScratchDirectory.New("hangup");
        string configuration = Path.Combine(directory, "proxy.json");
        string revoked = Path.Combine(directory, "revoked");
        await File.WriteAllTextAsync(configuration, "{}");
        await File.WriteAllTextAsync(revoked, "");
        await using Gateway gateway = await StartAsync($"--config={configuration}", $"--Proxy:RevokedKeys={revoked}");
        Daemon proxy = gateway.Proxies[0].Daemon;
        SshClient client = await ClientAsync(gateway);
        await using LineDialog session = LineDialog.Start(client, SharedGateway.Alpha, "cat");
        Assert.Equal("one", await session.EchoAsync("one"));

        await File.WriteAllTextAsync(configuration, "{\"Logging\": {\"LogLevel\": {\"Default\": \"Debug\"}}}");
        await proxy.SignalAsync("HUP");
        await proxy.WaitForLineAsync(
            "SIGHUP: reloaded log levels, Proxy:UserCaKey, Proxy:HostKeys, host certificates, Proxy:RevokedKeys. Other settings take effect after a restart", Soon);
        Assert.True((await client.RunAsync(SharedGateway.Alpha, "true")).Succeeded, gateway.Logs);
        await proxy.WaitForLineAsync("dbug: ", Soon);

        await File.WriteAllTextAsync(configuration, "{\"Logging\": {\"LogLevel\": {\"Default\": \"Chatty\"}}}");
        await File.WriteAllTextAsync(revoked, "nonsense\n");
        await proxy.SignalAsync("HUP");
        string problems = await proxy.WaitForLineAsync("Not reloaded, the last good version stays in force: ", Soon);
        Assert.Contains("log levels (Logging:LogLevel:Default is \"Chatty\"; write Trace,", problems, StringComparison.Ordinal);
        Assert.Contains($"Proxy:RevokedKeys (Proxy:RevokedKeys: the file '{revoked}' cannot be used", problems, StringComparison.Ordinal);

        await gateway.Operator().SignalAsync("HUP");
        await gateway.Operator().WaitForLineAsync("SIGHUP: reloaded log levels, the feed's certificate, the keys for the proxies' tokens. Other settings", Soon);
        Assert.Equal("two", await session.EchoAsync("two"));
        Assert.Equal(0, await session.FinishAsync());
    }

    [RealSshTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_second_signal_to_end_ends_a_draining_proxy_at_once(string signal)
    {
        await using Gateway gateway = await StartAsync("--Proxy:DrainDelay=00:10:00", "--Proxy:DrainTimeout=01:00:00");
        Daemon proxy = gateway.Proxies[0].Daemon;
        await using LineDialog session = LineDialog.Start(await ClientAsync(gateway), SharedGateway.Alpha, "cat");
        Assert.Equal("one", await session.EchoAsync("one"));

        await proxy.SignalAsync(signal);
        await proxy.WaitForLineAsync("Shutting down", Soon);
        Assert.Equal("two", await session.EchoAsync("two"));
        await proxy.SignalAsync(signal);

        await Eventually.TrueAsync(() => proxy.HasExited, Soon, () => gateway.Logs);
        Assert.Equal(1, proxy.ExitCode);
        await proxy.WaitForLineAsync($"SIG{signal} came a second time: ending at once", Soon);
        Assert.Equal(255, await session.FinishAsync());
    }

    private Task<Gateway> StartAsync(params string[] arguments) => Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [arguments] });

    private async Task<SshClient> ClientAsync(Gateway gateway)
    {
        PodSshd pod = shared.Pod(SharedGateway.Alpha);
        gateway.Manifests.Write(
            new SessionManifest(SharedGateway.Alpha, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest(SharedGateway.Alpha, SharedGateway.Alpha, pod.Endpoint.Address));
        SshClient client = SshClient.Create(gateway.Proxies[0].Ssh, shared.UserKey, gateway.Keys.HostKeys);
        Assert.True((await client.RunWhenKnownAsync(SharedGateway.Alpha, "true")).Succeeded, gateway.Logs);
        return client;
    }
}
