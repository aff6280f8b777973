using System.Diagnostics;
using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// The gateway on a real cluster of two nodes, deployed from nothing as deploy/README.md says, and a session with a pod
/// on each
/// node: <see cref="SessionOn"/>. What is a stand-in: CoreDNS, the load balancer's controller, and the network plugin
/// that enforces policies (scripts/cluster/stand-ins); the .NET base images are Debian's with this machine's .NET.
/// </summary>
public sealed class GatewayCluster : IAsyncLifetime
{
    public const string Gateway = "ssh-gateway";
    public const string Sessions = "claude-sessions";
    public const string Proxies = "app.kubernetes.io/name=ssh-gateway-proxy";
    public const string Operators = "app.kubernetes.io/name=ssh-gateway-operator";
    public const string Relays = "app.kubernetes.io/name=ssh-gateway-exec";
    public const string BalancerAddress = "198.51.100.200";
    public const int Port = 2222;

    private readonly List<(string What, TimeSpan At)> _figures = [];
    private ClusterNodes? _nodes;
    private KeyPair? _alice;
    private SshClient? _ssh;

    /// <summary>What happened when, from the first <c>kubectl apply</c> on.</summary>
    internal IReadOnlyList<(string What, TimeSpan At)> Figures => _figures;

    internal ClusterNodes Nodes => _nodes!;

    internal KeyPair Alice => _alice!;

    /// <summary>Alice at the clients' host, through the load balancer's address.</summary>
    internal SshClient Ssh => _ssh!;

    public static string SessionOn(string node) => $"on-{node}";

    public async Task InitializeAsync()
    {
        if (ClusterFactAttribute.Problem is not null)
        {
            // xunit makes this also where all of the tests are skipped.
            return;
        }
        _nodes = await ClusterNodes.StartAsync();
        _alice = await KeyPair.GenerateAsync(ScratchDirectory.New("alice"), "alice");
        Stopwatch clock = Stopwatch.StartNew();
        await ApplyGatewayAsync();
        Note("deploy/ is applied");
        await Nodes.KubectlAsync("-n", Gateway, "wait", "--for=condition=Available", "deployment", "--all", "--timeout=120s");
        Note("two operators and two proxies are available");
        await SetBalancerAddressAsync();
        await CopyUserCaAsync();
        foreach (string node in (string[])[ClusterNodes.First, ClusterNodes.Second])
        {
            await CreateSessionAsync(SessionOn(node), node);
        }
        Note("two sessions and their pods are applied");
        _ssh = await ConnectToAsync(BalancerAddress, Port);
        // Waits for its pod (Proxy:WaitForPod).
        CommandResult login = await _ssh.RunWhenKnownAsync(SessionOn(ClusterNodes.First), "hostname");
        Assert.True(login.Succeeded, login.ToString());
        Note("the first login through the Service has ended");
        await WaitForSessionAsync(SessionOn(ClusterNodes.Second));
        await ShortTokenProxy.CreateAsync(this);

        void Note(string what) => _figures.Add((what, clock.Elapsed));
    }

    public async Task DisposeAsync()
    {
        if (_nodes is not null)
        {
            await _nodes.DisposeAsync();
        }
    }

    /// <summary>
    /// A stock ssh client of Alice's on the clients' host, which knows the gateway's host keys from its Secret. It
    /// waits for long: other tests run beside these.
    /// </summary>
    internal async Task<SshClient> ConnectToAsync(string address, int port) =>
        SshClient.Create(address, port, Alice, await HostKeysAsync()).Under("nsenter", [.. Nodes.OnClient]).With("ConnectTimeout=20");

    internal async Task<IReadOnlyList<string>> HostKeysAsync()
    {
        JsonElement secret = await GetAsync("secret", "ssh-gateway-host-keys", Gateway);
        var lines = new List<string>();
        foreach (JsonProperty key in secret.GetProperty("data").EnumerateObject().Where(p => p.Name.EndsWith("_key", StringComparison.Ordinal)))
        {
            string file = Path.Combine(ScratchDirectory.New("host-key"), key.Name);
            await File.WriteAllBytesAsync(file, key.Value.GetBytesFromBase64());
            CommandResult line = await Command.ShellAsync($"chmod 600 {file} && ssh-keygen -y -f {file}");
            Assert.True(line.Succeeded, line.ToString());
            lines.Add(line.Text.Trim());
        }
        return lines;
    }

    internal async Task<JsonElement> GetAsync(string kind, string name, string inNamespace) =>
        JsonSerializer.Deserialize<JsonElement>(await Nodes.KubectlAsync("-n", inNamespace, "get", kind, name, "-o", "json"));

    /// <summary>The objects of a kind with a label.</summary>
    internal async Task<IReadOnlyList<JsonElement>> ListAsync(string kind, string inNamespace, string selector = "") =>
        [.. JsonSerializer.Deserialize<JsonElement>(await Nodes.KubectlAsync("-n", inNamespace, "get", kind, "-l", selector, "-o", "json")).GetProperty("items").EnumerateArray()];

    /// <summary>The session and the pod of deploy/examples under another id.</summary>
    /// <param name="session">The session's id; the pod is claude-id.</param>
    /// <param name="node">The pod's node; null: the scheduler's choice.</param>
    internal async Task CreateSessionAsync(string session, string? node = null)
    {
        await CreateSessionWithoutPodAsync(session);
        await CreatePodAsync(session, node);
    }

    internal Task CreateSessionWithoutPodAsync(string session) => Nodes.ApplyAsync(Example("claudesession.yaml", session));

    /// <summary>The pod that <see cref="CreatePodAsync"/> creates, as JSON.</summary>
    internal async Task<string> DescribePodAsync(string session)
    {
        string file = Path.Combine(Nodes.Directory, $"{session}-pod.yaml");
        await File.WriteAllTextAsync(file, Example("claude-pod.yaml", session).Split("\n---\n").Single(document => document.Contains("\nkind: Pod\n", StringComparison.Ordinal)));
        return await Nodes.KubectlAsync("create", "--dry-run=client", "-o", "json", "-f", file);
    }

    internal Task CreatePodAsync(string session, string? node = null)
    {
        string pod = Example("claude-pod.yaml", session);
        return Nodes.ApplyAsync(node is null ? pod : pod.Replace("spec:\n  automount", $"spec:\n  nodeName: {node}\n  automount", StringComparison.Ordinal));
    }

    internal Task DeleteSessionAsync(string session) =>
        Nodes.KubectlAsync("-n", Sessions, "delete", $"claudesession/{session}", $"pod/claude-{session}", "--ignore-not-found", "--wait=false");

    internal Task WaitForSessionAsync(string session) =>
        Nodes.KubectlAsync("-n", Sessions, "wait", "--for=condition=Ready", $"claudesession/{session}", "--timeout=120s");

    internal async Task<string> LogsAsync(string selector, string inNamespace = Gateway) =>
        // A pod that has ended and is still there has none.
        await Nodes.KubectlAsync("-n", inNamespace, "logs", "-l", selector, "--tail=-1", "--prefix", "--ignore-errors");

    /// <summary>
    /// deploy/overlays/legacy-1.20 and the exec relays, with this build's images, and what the tests need to see.
    /// </summary>
    internal async Task ApplyGatewayAsync()
    {
        string site = System.IO.Directory.CreateDirectory(Path.Combine(Nodes.Directory, "site")).FullName;
        string overlay = Path.GetRelativePath(site, Repository.File("deploy/overlays/legacy-1.20"));
        string relays = Path.GetRelativePath(site, Repository.File("deploy/components/exec-legacy-1.20"));
        await File.WriteAllTextAsync(
            Path.Combine(site, "kustomization.yaml"),
            $$"""
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources: [{{overlay}}]
            components: [{{relays}}]
            images:
              - {name: ssh-gateway-operator, newTag: {{Nodes.Tag("operator")}}}
              - {name: ssh-gateway-proxy, newTag: {{Nodes.Tag("proxy")}}}
              - {name: ssh-gateway-exec, newTag: {{Nodes.Tag("exec")}}}
            patches:
              - patch: |
                  apiVersion: apps/v1
                  kind: Deployment
                  metadata: {name: ssh-gateway-proxy, namespace: ssh-gateway}
                  spec:
                    template:
                      spec:
                        containers:
                          - name: proxy
                            env: [{name: Proxy__AuditLog, value: "-"}]
            """);
        await Nodes.KubectlAsync("apply", "--validate=false", "-k", site);
    }

    // In place of a load balancer's controller, which would say where clients reach the Service.
    internal Task<string> SetBalancerAddressAsync() => Nodes.KubectlAsync(
        "-n", Gateway, "patch", "service", "ssh-gateway", "--subresource=status", "--type=merge",
        "-p", $$$"""{"status": {"loadBalancer": {"ingress": [{"ip": "{{{BalancerAddress}}}"}] } } }""");

    private async Task CopyUserCaAsync()
    {
        string file = Path.Combine(Nodes.Directory, "user_ca.pub");
        await File.WriteAllTextAsync(file, await Nodes.KubectlAsync("-n", Gateway, "get", "configmap", "ssh-gateway-user-ca", "-o", @"jsonpath={.data.user_ca\.pub}"));
        await Nodes.KubectlAsync("-n", Sessions, "create", "configmap", "ssh-gateway-user-ca", $"--from-file=user_ca.pub={file}");
    }

    private string Example(string file, string session)
    {
        string[] lines = File.ReadAllLines(Repository.File($"deploy/examples/{file}"));
        return string.Join('\n', lines
            .Select(line => line.Replace("abc12", session, StringComparison.Ordinal))
            .Select(line => line.Contains("- ssh-ed25519 AAAA", StringComparison.Ordinal) ? $"      - {Alice.PublicLine}" : line));
    }
}
