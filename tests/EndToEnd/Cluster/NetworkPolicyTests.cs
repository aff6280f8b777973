using System.Globalization;
using System.Text;
using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// Who reaches whom, as deploy/README.md says ("The network"). <b>The policies are enforced by a stand-in for a
/// network plugin</b>, scripts/cluster/stand-ins/network-policies: the test shows what the policies say, not what a
/// plugin makes of them.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class NetworkPolicyTests(GatewayCluster cluster)
{
    // silent: the packets are dropped. A closed port would be "refused".
    private const string Expected =
        """
        from       proxy:2222 proxy:8080 operator:7443 operator:7444 operator:8081 session:2222 apiserver
        client     open       silent     silent        silent        silent        silent       open
        proxy      silent     silent     open          silent        silent        open         silent
        operator   silent     silent     silent        silent        silent        silent       open
        session    open       silent     silent        silent        silent        silent       open
        tars       open       silent     silent        open          silent        silent       open
        bystander  open       silent     silent        silent        silent        silent       open

        """;

    private static readonly string[] Columns = Expected.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    [ClusterFact]
    public async Task Who_reaches_whom()
    {
        await OtherPods.EnsureAsync(cluster);
        await cluster.WaitUntilWholeAsync();
        IReadOnlyList<JsonElement> proxies = await cluster.PodsAsync(GatewayCluster.Proxies);
        IReadOnlyList<JsonElement> operators = await cluster.PodsAsync(GatewayCluster.Operators);
        JsonElement[] sessions = await Task.WhenAll(
            new[] { ClusterNodes.First, ClusterNodes.Second }.Select(node => cluster.GetAsync("pod", $"claude-{GatewayCluster.SessionOn(node)}", GatewayCluster.Sessions)));
        Dictionary<string, string[]> targets = new()
        {
            ["proxy"] = [.. proxies.Select(Address)],
            ["operator"] = [.. operators.Select(Address)],
            ["session"] = [.. sessions.Select(Address)],
        };
        string table = "";
        // The stand-in looks once a second.
        await Eventually.TrueAsync(
            async () =>
            {
                string[] rows = await Task.WhenAll(
                    ProbeAsync("client", null, targets),
                    ProbeAsync("proxy", OnSecond(proxies), targets),
                    ProbeAsync("operator", OnSecond(operators), targets),
                    ProbeAsync("session", OnSecond(sessions), targets),
                    ProbeAsync("tars", await cluster.GetAsync("pod", OtherPods.Tars, OtherPods.Tars), targets),
                    ProbeAsync("bystander", await cluster.GetAsync("pod", OtherPods.Bystander, "default"), targets));
                return (table = $"{Expected.Split('\n')[0]}\n{string.Concat(rows)}") == Expected;
            },
            Deadline,
            () => $"expected:\n{Expected}found:\n{table}");
    }

    [ClusterFact]
    public async Task Proxies_and_operators_ask_the_clusters_DNS()
    {
        await cluster.WaitUntilWholeAsync();
        foreach (string selector in (string[])[GatewayCluster.Proxies, GatewayCluster.Operators])
        {
            JsonElement pod = OnSecond(await cluster.PodsAsync(selector));
            string found = await cluster.RunInPodAsync(GatewayCluster.Gateway, pod.Name(), "getent ahostsv4 kubernetes.default.svc.cluster.local");
            Assert.StartsWith("10.96.0.1 ", found, StringComparison.Ordinal);
        }
    }

    // On node1, the way to the API server leads through no rule for forwarded packets: it runs there.
    private static JsonElement OnSecond(IEnumerable<JsonElement> pods) => pods.First(pod => pod.At("spec.nodeName").GetString() == ClusterNodes.Second);

    private static string Address(JsonElement pod) => pod.At("status.podIP").GetString()!;

    /// <summary>A row of the table.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="pod">Where to connect from; null: the clients' host.</param>
    /// <param name="targets">Addresses, by the name in the table's head. All are tried, except the pod's own.</param>
    private async Task<string> ProbeAsync(string name, JsonElement? pod, Dictionary<string, string[]> targets)
    {
        var script = new StringBuilder("""
            probe() {
              timeout 3 bash -c "exec 3<>/dev/tcp/$2/$3" 2>/dev/null
              case $? in 0) echo "$1 open" ;; 124) echo "$1 silent" ;; *) echo "$1 refused" ;; esac
            }

            """);
        foreach (string column in Columns)
        {
            string[] parts = column.Split(':');
            // The clients' host knows no addresses of Services.
            string[] addresses = targets.GetValueOrDefault(parts[0]) ?? [pod is null ? ClusterNodes.AddressOf(ClusterNodes.First) : "10.96.0.1"];
            string port = parts.Length > 1 ? parts[1] : pod is null ? "6443" : "443";
            foreach (string address in addresses.Where(a => pod is null || a != Address(pod.Value)))
            {
                script.Append(CultureInfo.InvariantCulture, $"probe {column} {address} {port} &\n");
            }
        }
        script.Append("wait");
        CommandResult result = pod is { } from
            ? await cluster.Nodes.TryKubectlAsync("-n", from.At("metadata.namespace").GetString()!, "exec", from.Name(), "--", "bash", "-c", script.ToString())
            : await cluster.Nodes.RunOnClientAsync("bash", ["-c", script.ToString()]);
        Assert.True(result.Succeeded, result.ToString());
        ILookup<string, string> outcomes = result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToLookup(line => line[0], line => line[1]);
        return $"{name,-10} {string.Join(' ', Columns.Select(column => string.Join('/', outcomes[column].Distinct()).PadRight(column.Length))).TrimEnd()}\n";
    }
}
