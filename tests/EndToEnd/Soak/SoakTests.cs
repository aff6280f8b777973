using System.Globalization;
using SshGateway.Tests.EndToEnd.OnKubernetes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Soak;

/// <summary>
/// Two operators on a real API server and three proxies, under load for a long time: nothing grows, and nothing is lost
/// but what was killed. SSHGATEWAY_SOAK_FOR is the time in seconds; <c>make soak</c> takes an hour.
/// </summary>
[Collection(KubernetesGroup.Name)]
public sealed class SoakTests(KubernetesServer server, ITestOutputHelper output)
{
    private static readonly TimeSpan BetweenKills = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenSamples = TimeSpan.FromSeconds(2);

    [ClusterLoginFact(false, "ncat", "ss")]
    [Trait("Category", "Long")]
    public async Task Nothing_grows_and_nothing_is_lost_but_what_was_killed()
    {
        TimeSpan time = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("SSHGATEWAY_SOAK_FOR") ?? "600", CultureInfo.InvariantCulture));
        await using SoakGateway gateway = await SoakGateway.StartAsync(server);
        var load = new SoakLoad(gateway);
        var watches = new List<ProcessWatch> { new("proxy", gateway.SteadyProxy), new("operator", gateway.SteadyOperator) };
        using var enough = new CancellationTokenSource(time);

        Task[] work = [load.RunAsync(enough.Token), KillAsync(gateway, enough.Token), WatchAsync(watches, enough.Token)];
        await Task.WhenAny(work);
        await enough.CancelAsync();
        await Task.WhenAll(work);

        output.WriteLine($"Figure: soak of {time.TotalSeconds:f0} s: {load.Summary}; {gateway.Kills} processes killed or ended");
        foreach (string figure in watches.SelectMany(watch => watch.Figures()))
        {
            output.WriteLine($"Figure: soak: {figure}");
        }
        Assert.True(load.Failures.IsEmpty, $"{load.Failures.Count} failures, {load.Summary}:\n{string.Join('\n', load.Failures.Take(5))}\n{gateway.Logs}");
        Assert.DoesNotContain("failed on a defect", gateway.Logs, StringComparison.Ordinal);
        Assert.All(watches, watch => Assert.Empty(watch.Growth()));
        // What the load has left behind would show here.
        Scrape? last = null;
        await Eventually.TrueAsync(
            async () => (last = await Scrape.OfAsync(gateway.Proxies[0].Http))["sshgateway_proxy_connections"] == 0,
            () => $"connections are left\n{last?.Text}");
    }

    private static async Task WatchAsync(List<ProcessWatch> watches, CancellationToken enough)
    {
        while (await PauseAsync(BetweenSamples, enough))
        {
            foreach (ProcessWatch watch in watches)
            {
                await watch.SampleAsync();
            }
        }
    }

    private static async Task KillAsync(SoakGateway gateway, CancellationToken enough)
    {
        for (int turn = 0; await PauseAsync(BetweenKills, enough); turn++)
        {
            await gateway.ReplaceAsync(turn);
        }
    }

    /// <returns>False when it is enough.</returns>
    internal static async Task<bool> PauseAsync(TimeSpan pause, CancellationToken enough)
    {
        await Task.Delay(pause, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !enough.IsCancellationRequested;
    }
}
