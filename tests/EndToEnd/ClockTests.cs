using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>A proxy on a machine whose clock is wrong.</summary>
[Collection(EndToEndTests.Name)]
public sealed class ClockTests(SharedGateway shared)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [RealSshTheory("faketime")]
    [InlineData("+1h", "ahead of")]
    [InlineData("-1h", "behind")]
    public async Task A_refusal_names_the_clock_and_so_do_probe_log_and_metric(string offset, string direction)
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions
        {
            ProxyLauncher = ["env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", offset],
            ProxyArguments = [[]],
        });
        PodSshd pod = shared.Pod(SharedGateway.Alpha);
        gateway.Manifests.Write(
            new SessionManifest(SharedGateway.Alpha, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest(SharedGateway.Alpha, SharedGateway.Alpha, pod.Endpoint.Address));
        ProxyProcess proxy = gateway.Proxies[0];
        SshClient client = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);

        CommandResult refused = null!;
        await Eventually.TrueAsync(
            async () =>
            {
                refused = await client.RunAsync(SharedGateway.Alpha, "true");
                return refused.ErrorText.Contains("did not accept the gateway's certificate", StringComparison.Ordinal);
            },
            Soon,
            () => $"{refused}\n{gateway.Logs}");

        Assert.Matches($"did not accept the gateway's certificate, and the proxy's clock is 3[56][0-9]{{2}} s {direction} the operator's", refused.ErrorText);
        await proxy.Daemon.WaitForLineAsync($" s {direction} the operator's. Pods may refuse logins", Soon);
        using HttpClient http = new() { BaseAddress = proxy.Http, Timeout = Soon };
        Assert.Matches($"ready, but the proxy's clock is 3[56][0-9]{{2}} s {direction} the operator's", await http.GetStringAsync(new Uri("/readyz", UriKind.Relative)));
        string sign = offset[0] == '-' ? "-" : "";
        Assert.Matches($"\nsshgateway_proxy_clock_skew_seconds {sign}3[56][0-9]{{2}}", await http.GetStringAsync(new Uri("/metrics", UriKind.Relative)));
    }
}
