using System.Text.Json;
using System.Text.RegularExpressions;
using SshGateway.Feed;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>
/// deploy/components/monitoring, and its rules as Prometheus reads them. MonitoredMetricsTests compares the names with
/// those of running programs.
/// </summary>
public sealed partial class MonitoringTests
{
    private const string TestFile = "alerts-test.yaml";

    [RealSshFact("promtool")]
    public async Task Promtool_runs_the_tests_of_the_alerts()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("alerts.yaml", MonitoringFiles.AlertSpec.GetRawText());
        File.Copy(Repository.File($"{MonitoringFiles.Directory}/{TestFile}"), directory.File(TestFile));

        CommandResult check = await Command.RunAsync("promtool", ["check", "rules", directory.File("alerts.yaml")]);
        Assert.True(check.Succeeded, check.ToString());
        CommandResult tests = await Command.RunAsync("promtool", ["test", "rules", directory.File(TestFile)]);
        Assert.True(tests.Succeeded, tests.ToString());
    }

    [Fact]
    public void Every_alert_is_tested_to_fire_not_too_soon_and_not_in_a_healthy_gateway()
    {
        JsonElement[] tests = [.. Manifest.Load($"{MonitoringFiles.Directory}/{TestFile}").Single().GetProperty("tests").EnumerateArray()];
        string[] alerts = [.. MonitoringFiles.Alerts.Select(alert => alert.Name).Order(StringComparer.Ordinal)];

        Assert.Equal(alerts, Names(tests[0], fires: false));
        Assert.Equal(alerts, tests[1..].SelectMany(test => Names(test, fires: false)).Order(StringComparer.Ordinal));
        Assert.Equal(alerts, tests[1..].SelectMany(test => Names(test, fires: true)).Order(StringComparer.Ordinal));

        static IEnumerable<string> Names(JsonElement test, bool fires) => test.GetProperty("alert_rule_test").EnumerateArray()
            .Where(t => t.TryGetProperty("exp_alerts", out _) == fires).Select(t => t.GetProperty("alertname").GetString()!).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Every_alert_has_a_severity_a_sentence_and_a_section_in_the_runbook()
    {
        HashSet<string> sections = [.. Heading().Matches(File.ReadAllText(Repository.File("docs/runbook.md"))).Select(m => m.Groups[1].Value)];
        Assert.All(MonitoringFiles.Alerts, alert =>
        {
            Assert.Contains(alert.Labels["severity"], (string[])["critical", "warning"]);
            Assert.EndsWith(".", alert.Annotations["summary"], StringComparison.Ordinal);
            Assert.Equal($"docs/runbook.md#{alert.Name.ToLowerInvariant()}", alert.Annotations["runbook_url"]);
            Assert.Contains(alert.Name, sections);
        });
        // And no section is left of an alert that is gone.
        Assert.Equal(
            MonitoringFiles.Alerts.Select(alert => alert.Name).Order(StringComparer.Ordinal),
            sections.Where(section => section.StartsWith("SshGateway", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_runbook_says_what_to_do_about_every_reason_of_the_Ready_condition()
    {
        string runbook = File.ReadAllText(Repository.File("docs/runbook.md"));
        IEnumerable<string> reasons = typeof(ReadyReasons).GetFields().Select(field => (string)field.GetRawConstantValue()!).Where(reason => reason != ReadyReasons.EndpointReady);

        Assert.DoesNotContain(reasons, reason => !runbook.Contains($"`{reason}`", StringComparison.Ordinal));
    }

    [RealSshFact("promtool")]
    public async Task Prometheus_can_parse_every_query_of_the_dashboard()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("queries.yaml", JsonSerializer.Serialize(new
        {
            groups = new[] { new { name = "dashboard", rules = MonitoringFiles.DashboardQueries.Select((expr, number) => new { record = $"query:{number}", expr }) } },
        }));

        CommandResult check = await Command.RunAsync("promtool", ["check", "rules", directory.File("queries.yaml")]);

        Assert.True(check.Succeeded, check.ToString());
        Assert.Contains($"SUCCESS: {MonitoringFiles.DashboardQueries.Count} rules found", check.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_panels_of_the_dashboard_have_numbers_and_titles_of_their_own_and_do_not_overlap()
    {
        JsonElement[] panels = [.. MonitoringFiles.Dashboard.GetProperty("panels").EnumerateArray()];

        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels, panel => Assert.NotEqual("", panel.GetProperty("title").GetString()));
        (int, int)[] cells = [.. panels.Select(panel => panel.GetProperty("gridPos")).SelectMany(Cells)];
        Assert.Equal(cells.Length, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.Item1, 0, 23));

        static IEnumerable<(int X, int Y)> Cells(JsonElement at) =>
            from x in Enumerable.Range(at.GetProperty("x").GetInt32(), at.GetProperty("w").GetInt32())
            from y in Enumerable.Range(at.GetProperty("y").GetInt32(), at.GetProperty("h").GetInt32())
            select (x, y);
    }

    [KubectlFact]
    public async Task Prometheus_may_connect_to_the_port_that_it_scrapes_and_one_patch_names_its_namespace()
    {
        // As deploy/README.md has it.
        const string Patch = """
            patches:
              - target: {kind: NetworkPolicy, name: ssh-gateway-monitoring}
                patch: |
                  - op: replace
                    path: /spec/ingress/0/from/0/namespaceSelector/matchLabels
                    value: {kubernetes.io/metadata.name: observability}
            """;
        Assert.Contains(
            Lines(Patch), Lines(await File.ReadAllTextAsync(Repository.File("deploy/README.md"))), StringComparison.Ordinal);
        IReadOnlyList<JsonElement> all = await Kustomize.WithComponentsAsync(["exec", "monitoring"], Patch);

        Assert.DoesNotContain("\"monitoring\"", string.Concat(all.Select(o => o.GetRawText())), StringComparison.Ordinal);
        JsonElement policy = all.Single(o => o.Kind() == "NetworkPolicy" && o.Name() == "ssh-gateway-monitoring").GetProperty("spec");
        JsonElement rule = Assert.Single(policy.GetProperty("ingress").EnumerateArray());
        string port = Assert.Single(rule.GetProperty("ports").EnumerateArray()).GetProperty("port").GetString()!;
        string[] admitted = [.. Assert.Single(policy.At("podSelector.matchExpressions").EnumerateArray()).GetProperty("values").EnumerateArray().Select(v => v.GetString()!)];
        JsonElement[] pods = [.. all.Where(o => o.Kind() == "Deployment").Select(o => o.At("spec.template"))];
        Assert.Equal(admitted.Order(StringComparer.Ordinal), pods.Select(Label).Order(StringComparer.Ordinal));
        Assert.All(pods, pod =>
        {
            JsonElement monitor = all.Single(o => o.Kind() == "PodMonitor" && o.At("spec.selector.matchLabels").GetProperty("app.kubernetes.io/name").GetString() == Label(pod));
            Assert.Equal(port, Assert.Single(monitor.At("spec.podMetricsEndpoints").EnumerateArray()).GetProperty("port").GetString());
            Assert.Contains(pod.At("spec.containers")[0].GetProperty("ports").EnumerateArray(), p => p.GetProperty("name").GetString() == port);
        });

        static string Label(JsonElement pod) => pod.At("metadata.labels").GetProperty("app.kubernetes.io/name").GetString()!;

        static string Lines(string text) => string.Join('\n', text.Split('\n').Select(line => line.Trim()));
    }

    [GeneratedRegex(@"(?m)^#+ (\w+)$")]
    private static partial Regex Heading();
}
