using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>What Prometheus reads from the real processes.</summary>
[Collection(EndToEndTests.Name)]
public sealed class MetricsTests(SharedGateway shared)
{
    private const string ClientClosed = "sshgateway_proxy_connections_ended_total{blame=\"Nobody\",end=\"ClientClosed\"}";
    private const string Logins = "sshgateway_proxy_login_duration_seconds_count";
    private const string ToClient = "sshgateway_proxy_transferred_bytes_total{direction=\"to_client\"}";

    [RealSshFact]
    public async Task A_proxy_counts_its_connections_and_bytes()
    {
        Scrape before = await Scrape.OfAsync(shared.Gateway.Proxies[0].Http);

        CommandResult login = await shared.Client.RunAsync(SharedGateway.Alpha, "head -c 1000000 /dev/zero");
        Assert.True(login.Succeeded, login.ToString());

        await Eventually.TrueAsync(
            async () => (await Scrape.OfAsync(shared.Gateway.Proxies[0].Http))[ClientClosed] > before[ClientClosed],
            TimeSpan.FromSeconds(30),
            () => "the end of the connection is not counted");
        Scrape after = await Scrape.OfAsync(shared.Gateway.Proxies[0].Http);
        Assert.True(after[Logins] > before[Logins], after.Text);
        Assert.True(after[ToClient] - before[ToClient] > 1_000_000, after.Text);
        Assert.True(after["sshgateway_proxy_table_entries"] >= 3, after.Text);
        Assert.Contains("\nsshgateway_proxy_unauthenticated_connections ", after.Text, StringComparison.Ordinal);
        Assert.Contains("\nsshgateway_proxy_penalized_sources ", after.Text, StringComparison.Ordinal);
        Assert.Contains("\nsshgateway_proxy_busy_polls_total{rewarded=\"true\"} ", after.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(SharedGateway.Alpha, after.Text, StringComparison.Ordinal);
    }

    // Debian's package prometheus has it.
    [RealSshFact("promtool")]
    public async Task Prometheus_own_checker_finds_nothing_wrong_with_either_process()
    {
        foreach (Uri process in new[] { shared.Gateway.Proxies[0].Http, shared.Gateway.OperatorHttp })
        {
            string text = (await Scrape.OfAsync(process)).Text;
            CommandResult check = await Command.RunAsync("promtool", ["check", "metrics"], System.Text.Encoding.UTF8.GetBytes(text));
            Assert.True(check.ExitCode == 0, $"{check}\n{text}");
        }
    }
}
