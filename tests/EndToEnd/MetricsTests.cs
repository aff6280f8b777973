using System.Globalization;
using SshGateway.Tests.EndToEnd.Harness;

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
        string before = await ScrapeAsync(shared.Gateway.Proxies[0].Http);

        CommandResult login = await shared.Client.RunAsync(SharedGateway.Alpha, "head -c 1000000 /dev/zero");
        Assert.True(login.Succeeded, login.ToString());

        await Eventually.TrueAsync(
            async () => Value(await ScrapeAsync(shared.Gateway.Proxies[0].Http), ClientClosed) > Value(before, ClientClosed),
            TimeSpan.FromSeconds(30),
            () => "the end of the connection is not counted");
        string after = await ScrapeAsync(shared.Gateway.Proxies[0].Http);
        Assert.True(Value(after, Logins) > Value(before, Logins), after);
        Assert.True(Value(after, ToClient) - Value(before, ToClient) > 1_000_000, after);
        Assert.True(Value(after, "sshgateway_proxy_table_entries") >= 3, after);
        Assert.DoesNotContain(SharedGateway.Alpha, after, StringComparison.Ordinal);
    }

    // Debian's package prometheus has it.
    [RealSshFact("promtool")]
    public async Task Prometheus_own_checker_finds_nothing_wrong_with_either_process()
    {
        foreach (Uri process in new[] { shared.Gateway.Proxies[0].Http, shared.Gateway.OperatorHttp })
        {
            string text = await ScrapeAsync(process);
            CommandResult check = await Command.RunAsync("promtool", ["check", "metrics"], System.Text.Encoding.UTF8.GetBytes(text));
            Assert.True(check.ExitCode == 0, $"{check}\n{text}");
        }
    }

    private static async Task<string> ScrapeAsync(Uri process)
    {
        using HttpClient http = new() { BaseAddress = process };
        using HttpResponseMessage answer = await http.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        return await answer.Content.ReadAsStringAsync();
    }

    private static double Value(string text, string sample) => text.Split('\n')
        .Where(line => line.StartsWith(sample + " ", StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture))
        .SingleOrDefault();
}
