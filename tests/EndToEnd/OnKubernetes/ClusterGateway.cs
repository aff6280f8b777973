using System.Net;
using System.Text.Json.Nodes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>
/// A gateway of processes on the tests' API server. Its operator is the ServiceAccount of deploy/, with exactly the
/// roles of deploy/, in two namespaces.
/// </summary>
public sealed class ClusterGateway(KubernetesServer server) : IAsyncLifetime
{
    public const string Space = "claude-sessions";

    private const string Lease = "ssh-gateway-operator";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly List<PodSshd> _sshds = [];
    private readonly List<ProxyProcess> _added = [];
    private Gateway? _gateway;
    private KeyPair? _userKey;

    /// <summary>A second namespace that it watches.</summary>
    public string OtherSpace { get; private set; } = "";

    internal KubernetesServer Server => server;

    internal KubernetesObjects Cluster => server.Admin;

    internal string Logs => string.Join('\n', _sshds.Select(s => $"--- sshd of {s.Name}\n{s.Log}").Prepend(_gateway!.Logs));

    /// <summary>The key that sessions admit unless a test says otherwise.</summary>
    internal KeyPair UserKey => _userKey!;

    internal IReadOnlyList<ProxyProcess> Proxies => _gateway!.Proxies;

    /// <summary>And those that tests have added.</summary>
    internal IEnumerable<ProxyProcess> AllProxies => Proxies.Concat(_added);

    internal SshClient ClientOf(KeyPair identity, int proxy = 0) => ClientOf(identity, Proxies[proxy]);

    internal SshClient ClientOf(KeyPair identity, ProxyProcess proxy) => SshClient.Create(proxy.Ssh, identity, _gateway!.Keys.HostKeys);

    /// <summary>One more proxy, which need not become ready.</summary>
    internal async Task<ProxyProcess> AddProxyAsync(params string[] arguments)
    {
        ProxyProcess proxy = await _gateway!.AddProxyAsync(arguments);
        _added.Add(proxy);
        return proxy;
    }

    /// <summary>An address that no other pod has.</summary>
    internal static IPAddress NewAddress() => Loopback.ForPod().Address;

    /// <summary>A real sshd for the pods of a session. Its logins print its name with <c>echo $POD</c>.</summary>
    internal async Task<PodSshd> StartSshdAsync(string name, string session, IPEndPoint? endpoint = null, IReadOnlyList<KeyPair>? hostKeys = null)
    {
        PodSshd sshd = await PodSshd.StartAsync(new PodOptions(name, session, _gateway!.Keys.UserCa.PublicFile) { Endpoint = endpoint, HostKeys = hostKeys });
        _sshds.Add(sshd);
        return sshd;
    }

    internal Task CreateSessionAsync(string id, int port, string space = Space, Action<JsonNode>? change = null) => Cluster.CreateSessionAsync(space, id, session =>
    {
        JsonNode spec = session["spec"]!;
        spec["ssh"]!["authorizedKeys"] = new JsonArray(UserKey.PublicLine);
        spec["ssh"]!["port"] = port;
        spec["ssh"]!["targetUser"] = "root";
        change?.Invoke(spec);
    });

    internal Uri OperatorHttp => _gateway!.OperatorHttp;

    internal Task StopOperatorAsync() => _gateway!.KillOperatorAsync();

    internal Task StartOperatorAsync() => _gateway!.StartOperatorAsync();

    internal Task PatchSessionAsync(string id, JsonObject spec) => Cluster.PatchSessionAsync(Space, id, new JsonObject { ["spec"] = spec });

    /// <summary>A pod object, reported ready at an sshd's address.</summary>
    /// <returns>Its uid.</returns>
    internal async Task<string> CreateReadyPodAsync(string name, string session, PodSshd sshd, string space = Space)
    {
        string uid = await Cluster.CreatePodAsync(space, name, session);
        await Cluster.SetStatusAsync(space, name, $"{sshd.Endpoint.Address}", ready: true);
        return uid;
    }

    internal Task<JsonNode> UntilStatusAsync(string id, string phase, string reason, string space = Space) => Cluster.UntilStatusAsync(space, id, phase, reason);

    /// <summary>
    /// Waits until logins reach a pod. Until then they are refused, or reach the one before; never another one.
    /// </summary>
    internal Task ReachesAsync(string id, string pod, string? before = null, KeyPair? identity = null) =>
        UntilAsync(id, identity, before, result => result.Text == $"{pod}\n", $"reach {pod}");

    /// <summary>
    /// Waits until logins are refused with a sentence. Until then they reach the pod from before; never another one.
    /// </summary>
    internal Task RefusedAsync(string id, string sentence, string? before = null, KeyPair? identity = null) => UntilAsync(
        id, identity, before, result => result.ExitCode == 255 && result.ErrorText.Contains(sentence, StringComparison.Ordinal), $"are refused with \"{sentence}\"");

    async Task IAsyncLifetime.InitializeAsync()
    {
        if (ClusterLoginFactAttribute.Problem is not null)
        {
            return;
        }

        await DeployedOverlay.ApplyAsync(server);
        OtherSpace = await Cluster.CreateNamespaceAsync();
        await server.KubectlAsync("apply", "-n", OtherSpace, "-f", Repository.File("deploy/sessions/access.yaml"));
        string token = await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-operator");
        _userKey = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id_ed25519");
        _gateway = await Gateway.StartAsync(await GatewayKeys.GenerateAsync(), new GatewayOptions
        {
            OperatorSources =
            [
                [
                    "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={server.Kubeconfig(user: $"token: {token}")}",
                    $"--Operator:Namespaces:0={Space}", $"--Operator:Namespaces:1={OtherSpace}", "--Operator:LeaseNamespace=ssh-gateway",
                ],
            ],
            ProxyArguments = [["--Proxy:WaitForPod=00:00:00"], ["--Proxy:WaitForPod=00:00:00"]],
        });
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (_gateway is null)
        {
            return;
        }

        await _gateway.DisposeAsync();
        foreach (PodSshd sshd in _sshds)
        {
            await sshd.DisposeAsync();
        }

        // It was killed and gave nothing back: the next operator need not wait for the Lease to run out.
        await server.KubectlAsync("delete", "lease", Lease, "-n", "ssh-gateway", "--ignore-not-found");
        await server.KubectlAsync("delete", "claudesessions,pods", "--all", "-n", Space, "--force", "--grace-period=0");
    }

    private async Task UntilAsync(string id, KeyPair? identity, string? before, Func<CommandResult, bool> expected, string expectation)
    {
        SshClient client = ClientOf(identity ?? UserKey);
        CommandResult? last = null;
        await Eventually.TrueAsync(
            async () =>
            {
                last = await client.RunAsync(id, "echo $POD");
                bool isThere = expected(last);
                Assert.True(isThere || last.Text.Length == 0 || last.Text == $"{before}\n", $"A login to {id} went astray.\n{last}\n{Logs}");
                return isThere;
            },
            Deadline,
            () => $"logins to {id} {expectation}\n{last}\n{Logs}");
    }
}
