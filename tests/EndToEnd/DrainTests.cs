using System.Net;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>A proxy process that is told to end, with the real ssh in it.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class DrainTests(SharedGateway shared)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [RealSshTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sessions_live_on_until_they_end_or_their_time_is_over(bool inTime)
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions
        {
            ProxyArguments = [["--Proxy:DrainDelay=00:00:01", $"--Proxy:DrainTimeout=00:0{(inTime ? "5:00" : "0:03")}"]],
        });
        PodSshd pod = shared.Pod(SharedGateway.Alpha);
        gateway.Manifests.Write(
            new SessionManifest(SharedGateway.Alpha, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest(SharedGateway.Alpha, SharedGateway.Alpha, pod.Endpoint.Address));
        ProxyProcess proxy = gateway.Proxies[0];
        SshClient client = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
        Assert.True((await client.RunWhenKnownAsync(SharedGateway.Alpha, "true")).Succeeded, gateway.Logs);
        await using LineDialog session = LineDialog.Start(client, SharedGateway.Alpha, "cat");
        Assert.Equal("one", await session.EchoAsync("one"));

        await proxy.Daemon.TerminateAsync();

        await Eventually.TrueAsync(() => StatusAsync(proxy, HttpStatusCode.ServiceUnavailable), Soon, () => gateway.Logs);
        await proxy.Daemon.WaitForLineAsync("The listener is closed; 1 connection may");
        CommandResult late = await client.RunAsync(SharedGateway.Alpha, "true");
        Assert.Contains("Connection refused", late.ErrorText, StringComparison.Ordinal);
        Assert.Equal("two", await session.EchoAsync("two"));
        if (inTime)
        {
            Assert.Equal(0, await session.FinishAsync());
        }
        else
        {
            await proxy.Daemon.WaitForLineAsync("(ProxyStopping, blame");
            Assert.Equal(255, await session.FinishAsync());
            await pod.WaitForLogAsync("This gateway is shutting down. Connect again.");
        }
        await Eventually.TrueAsync(() => proxy.Daemon.HasExited, Soon, () => gateway.Logs);
        Assert.Equal(0, proxy.Daemon.ExitCode);
    }

    private static async Task<bool> StatusAsync(ProxyProcess proxy, HttpStatusCode status)
    {
        using HttpClient http = new() { BaseAddress = proxy.Http };
        using HttpResponseMessage answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
        return answer.StatusCode == status && (await answer.Content.ReadAsStringAsync()).Contains("the proxy is ending", StringComparison.Ordinal);
    }
}
