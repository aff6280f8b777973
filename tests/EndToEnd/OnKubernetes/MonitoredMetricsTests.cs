using System.Text.RegularExpressions;
using SshGateway.Tests.EndToEnd.ExecRelays;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>The alerts and the dashboard ask for metrics that the programs have.</summary>
[Collection(KubernetesGroup.Name)]
public sealed partial class MonitoredMetricsTests(ClusterGateway gateway) : IClassFixture<ClusterGateway>
{
    // Prometheus adds them, from the pod that it scrapes.
    private static readonly string[] LabelsOfPods = ["namespace", "pod"];

    [ClusterLoginFact]
    public async Task Every_metric_label_and_value_of_the_alerts_and_the_dashboard_is_real()
    {
        PodSshd sshd = await gateway.StartSshdAsync("monitored-pod", "monitored");
        await gateway.CreateSessionAsync("monitored", sshd.Endpoint.Port);
        await gateway.CreateReadyPodAsync("monitored", "monitored", sshd);
        await gateway.ReachesAsync("monitored", "monitored-pod");
        // Written by the leader.
        await gateway.UntilStatusAsync("monitored", "Ready", "EndpointReady");

        Scrape proxy = await Scrape.OfAsync(gateway.Proxies[0].Http);
        Scrape operators = await Scrape.OfAsync(gateway.OperatorHttp);
        await using RelayRig rig = await RelayRig.StartAsync();
        Scrape relay = await Scrape.OfAsync(rig.Relay.Http);

        // Fewer where the machine allows fewer descriptors.
        Assert.InRange(proxy["sshgateway_proxy_max_connections"], 1, 10_000);
        Assert.Equal(1, operators["sshgateway_operator_leader"]);
        ILookup<string, string> samples = Sample().Matches(proxy.Text + operators.Text + relay.Text).ToLookup(m => m.Groups["name"].Value, m => m.Groups["labels"].Value);
        string[] queries = [.. MonitoringFiles.Alerts.Select(alert => alert.Expr), .. MonitoringFiles.DashboardQueries];
        Assert.NotEmpty(queries);
        string[] problems = [.. queries.SelectMany(query => Problems(query, samples)).Distinct()];
        Assert.True(problems.Length == 0, string.Join('\n', problems));
    }

    private static IEnumerable<string> Problems(string query, ILookup<string, string> samples)
    {
        Match[] selectors = Selector().Matches(query).ToArray();
        if (selectors.Length == 0)
        {
            yield return $"{query}: names no metric";
        }
        HashSet<string> names = [.. LabelsOfPods];
        foreach (Match selector in selectors)
        {
            string name = selector.Groups["name"].Value;
            if (!samples.Contains(name))
            {
                yield return $"{query}: there is no {name}";
            }
            (string Name, string Value)[] labels = [.. samples[name].SelectMany(sample => LabelsOf(sample))];
            names.UnionWith(labels.Select(label => label.Name));
            foreach ((string label, string values) in LabelsOf(selector.Groups["labels"].Value).Where(label => !LabelsOfPods.Contains(label.Name)))
            {
                foreach (string value in values.Split('|').Where(value => !labels.Contains((label, value))))
                {
                    yield return $"{query}: no {name} has {label}=\"{value}\"";
                }
            }
        }
        foreach (string label in Grouping().Matches(query).SelectMany(m => m.Groups[1].Value.Split(", ")).Where(label => !names.Contains(label)))
        {
            yield return $"{query}: no metric of it has a label {label}";
        }
    }

    private static IEnumerable<(string Name, string Value)> LabelsOf(string text) => Label().Matches(text).Select(m => (m.Groups[1].Value, m.Groups[2].Value));

    [GeneratedRegex(@"(?m)^(?<name>\w+)(\{(?<labels>[^}]*)\})? ")]
    private static partial Regex Sample();

    [GeneratedRegex(@"\b(?<name>(sshgateway|dotnet)_\w+)(\{(?<labels>[^}]*)\})?")]
    private static partial Regex Selector();

    [GeneratedRegex("(\\w+)[!=]?[=~]\"([^\"]*)\"")]
    private static partial Regex Label();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouping();
}
