using System.Text.Json.Nodes;
using SshGateway.Feed;
using SshGateway.Operator.Kubernetes.Watching;
using SshGateway.Operator.Routing;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>spec.ssh.authorizedKeysFrom on a real API server: ConfigMaps and Secrets come, change and go.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class AuthorizedKeysFromTests(KubernetesServer server)
{
    private const int KeysUnreadable = 8;
    private const string ConfigMaps = "configmaps";
    private const string Secrets = "secrets";
    private const string Missing = "spec.ssh.authorizedKeysFrom[0]: ConfigMap alice does not exist, or does not have the label tars.cloudwalk.network/authorized-keys";

    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task The_keys_of_a_ConfigMap_come_change_and_go_for_all_its_sessions()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var run = new SourceRun(server.Kubeconfig(), space);
        await CreateAsync(space, "one", Source("configMapRef"));
        await CreateAsync(space, "two", Source("configMapRef"));
        await Cluster.CreateSessionAsync(space, "other");
        await UntilAsync(run, 0, Missing);
        Assert.Equal(ReadyReasons.InvalidKeys, run["one"]!.Reason);

        await Cluster.CreateKeysAsync(space, ConfigMaps, "alice", Samples.Key, "# a comment");
        await UntilAsync(run, 1);
        Assert.Equal(ReadyReasons.WaitingForPod, run["one"]!.Reason);
        await Cluster.SetKeysAsync(space, ConfigMaps, "alice", Samples.Key, KubernetesObjects.Key);
        await UntilAsync(run, 2);
        // One that is not labelled any more is gone for the operator.
        await Cluster.PatchKeysAsync(space, ConfigMaps, "alice", Labels(null));
        await UntilAsync(run, 0, Missing);
        await Cluster.PatchKeysAsync(space, ConfigMaps, "alice", Labels(""));
        await UntilAsync(run, 2);
        await Cluster.PatchKeysAsync(space, ConfigMaps, "alice", new JsonObject { ["data"] = null });
        await UntilAsync(run, 0, "spec.ssh.authorizedKeysFrom[0]: ConfigMap alice has no key authorized_keys");
        await Cluster.SetKeysAsync(space, ConfigMaps, "alice", KubernetesObjects.Key);
        await UntilAsync(run, 1);
        await Cluster.DeleteKeysAsync(space, ConfigMaps, "alice");
        await UntilAsync(run, 0, Missing);
        Assert.Single(run["other"]!.AuthorizedKeys);
    }

    [KubernetesFact]
    public async Task What_existed_before_the_start_is_complete_with_the_first_state()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await CreateAsync(space, "one", Source("configMapRef"));
        await Cluster.CreateKeysAsync(space, ConfigMaps, "alice", Samples.Key);
        await using var run = new SourceRun(server.Kubeconfig(), space);
        await run.UntilAsync(r => r.IsSynced, "the source is synced");
        Assert.Single(run["one"]!.AuthorizedKeys);
        Assert.NotEqual(0UL, run.Versions.Find(space).ConfigMaps);
    }

    [KubernetesFact]
    public async Task Nothing_is_asked_for_where_no_session_wants_it_and_then_only_what_is_labelled()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using var network = new FaultyProxy(server.Port, isPlain: true);
        await using var run = new SourceRun(server.Kubeconfig(network.Address), TimeProvider.System, new SourceSettings([space], ReadSecrets: true));
        await Cluster.CreateSessionAsync(space, "other");
        await run.ReasonAsync("other", ReadyReasons.WaitingForPod);
        Assert.Empty(Requests(ConfigMaps));
        Assert.Equal(0UL, run.Versions.Find(space).ConfigMaps);

        await CreateAsync(space, "one", Source("configMapRef"));
        await run.UntilAsync(r => r["one"] is { MissingKeys: [Missing] }, "the ConfigMaps have been read");
        Assert.All(Requests(ConfigMaps), line => Assert.Contains("&labelSelector=tars.cloudwalk.network%2Fauthorized-keys", line, StringComparison.Ordinal));
        Assert.Empty(Requests(Secrets));

        string[] Requests(string plural) => [.. network.Requests.Select(r => r.Line).Where(line => line.Contains($"/namespaces/{space}/{plural}?", StringComparison.Ordinal))];
    }

    [KubernetesFact]
    public async Task Secrets_are_read_only_if_the_configuration_says_so()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await CreateAsync(space, "one", Source("secretRef"));
        await CreateAsync(space, "two", Source("secretRef"));
        await Cluster.CreateKeysAsync(space, Secrets, "alice", Samples.Key);
        await using var network = new FaultyProxy(server.Port, isPlain: true);
        await using (var without = new SourceRun(server.Kubeconfig(network.Address), space))
        {
            await UntilAsync(without, 0, "spec.ssh.authorizedKeysFrom[0]: Secret alice cannot be read: Operator:AuthorizedKeysSecrets is off");
            Assert.DoesNotContain(network.Requests, r => r.Line.Contains("/secrets", StringComparison.Ordinal));
        }
        await using var run = new SourceRun(server.Kubeconfig(), TimeProvider.System, new SourceSettings([space], ReadSecrets: true));
        await UntilAsync(run, 1);
        await Cluster.SetKeysAsync(space, Secrets, "alice", Samples.Key, KubernetesObjects.Key);
        await UntilAsync(run, 2);
        await Cluster.DeleteKeysAsync(space, Secrets, "alice");
        await run.UntilAsync(r => r["one"] is { AuthorizedKeys: [] }, "the keys are gone");
    }

    [KubernetesFact]
    public async Task Without_the_permission_other_sessions_work_and_the_log_says_so_once()
    {
        string space = await Cluster.CreateNamespaceAsync();
        string user = await CreateUserAsync(space);
        await Cluster.CreateSessionAsync(space, "other");
        await CreateAsync(space, "two", Source("configMapRef"));
        await CreateAsync(space, "one", Source("configMapRef"), Samples.Key);
        await Cluster.CreateKeysAsync(space, ConfigMaps, "alice", KubernetesObjects.Key);
        await using var run = new SourceRun(server.Kubeconfig(user: user), space);

        await run.ReasonAsync("other", ReadyReasons.WaitingForPod);
        Assert.Equal((ReadyReasons.WaitingForPod, 1), (run["one"]!.Reason, run["one"]!.AuthorizedKeys.Count));
        Assert.Equal(ReadyReasons.InvalidKeys, run["two"]!.Reason);
        Assert.StartsWith("spec.ssh.authorizedKeysFrom[0]: ConfigMap alice cannot be read: 403 Forbidden: configmaps is forbidden", Assert.Single(run["two"]!.MissingKeys), StringComparison.Ordinal);
        await Cluster.CreatePodAsync(space, "pod-1", "other");
        await run.ReasonAsync("other", ReadyReasons.PodNotReady);

        await server.KubectlAsync("create", "role", "keys", "-n", space, "--verb=list,watch", "--resource=configmaps");
        await server.KubectlAsync("create", "rolebinding", "keys", "-n", space, "--role=keys", $"--user={space}");
        await run.UntilAsync(r => r["one"] is { AuthorizedKeys.Count: 2, MissingKeys: [] } && r["two"] is { AuthorizedKeys.Count: 1 }, "the keys are read");
        Assert.Single(run.Log.Lines, line => line.Id.Id == KeysUnreadable);
    }

    [KubernetesFact]
    public async Task The_status_names_what_is_missing()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await CreateAsync(space, "one", Source("configMapRef"));
        JsonNode none = await Cluster.UntilStatusAsync(space, "one", "Invalid", "InvalidKeys");
        Assert.Equal($"no key can be used: {Missing}", KubernetesObjects.Condition(none, "Ready")["message"]!.GetValue<string>());

        await Cluster.CreateKeysAsync(space, ConfigMaps, "alice", Samples.Key, "nonsense");
        JsonNode status = await Cluster.UntilStatusAsync(space, "one", "Pending", "WaitingForPod", s => s["authorizedKeyCount"]!.GetValue<int>() == 1);
        AssertKeysValid(status, "KeysSkipped", "spec.ssh.authorizedKeysFrom[0]: ConfigMap alice, key authorized_keys, line 2: this key is skipped: a public key line has the form");
        await Cluster.PatchSessionAsync(space, "one", new JsonObject { ["spec"] = new JsonObject { ["ssh"] = new JsonObject { ["authorizedKeys"] = new JsonArray(KubernetesObjects.Key) } } });
        await Cluster.DeleteKeysAsync(space, ConfigMaps, "alice");
        status = await Cluster.UntilStatusAsync(space, "one", "Pending", "WaitingForPod", s => KubernetesObjects.Condition(s, "KeysValid")["reason"]!.GetValue<string>() == "KeysMissing");
        AssertKeysValid(status, "KeysMissing", Missing);
        Assert.Contains("configMapRef", await server.KubectlAsync("explain", "claudesession.spec.ssh.authorizedKeysFrom"), StringComparison.Ordinal);
    }

    private static void AssertKeysValid(JsonNode status, string reason, string message)
    {
        JsonNode condition = KubernetesObjects.Condition(status, "KeysValid");
        Assert.Equal(("False", reason), (condition["status"]!.GetValue<string>(), condition["reason"]!.GetValue<string>()));
        Assert.StartsWith(message, condition["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    // Somebody who may read sessions and pods, as the operator could before there was authorizedKeysFrom.
    private async Task<string> CreateUserAsync(string space)
    {
        await server.KubectlAsync("create", "role", "sessions", "-n", space, "--verb=list,watch", "--resource=claudesessions.tars.cloudwalk.network,pods");
        await server.KubectlAsync("create", "rolebinding", "sessions", "-n", space, "--role=sessions", $"--user={space}");
        (string certificate, string key) = server.Clients.Issue(space, "operators");
        return $"client-certificate-data: {Base64(certificate)}\nclient-key-data: {Base64(key)}";

        static string Base64(string pem) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(pem));
    }

    private Task CreateAsync(string space, string id, JsonObject source, params string[] inline) => Cluster.CreateSessionAsync(space, id, session =>
        session["spec"]!["ssh"] = inline.Length == 0
            ? new JsonObject { ["authorizedKeysFrom"] = new JsonArray(source) }
            : new JsonObject { ["authorizedKeys"] = Lines(inline), ["authorizedKeysFrom"] = new JsonArray(source) });

    private static JsonArray Lines(string[] lines) => [.. lines.Select(line => JsonValue.Create(line))];

    private static JsonObject Source(string kind) => new() { [kind] = new JsonObject { ["name"] = "alice" } };

    private static JsonObject Labels(string? value) =>
        new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["tars.cloudwalk.network/authorized-keys"] = value } } };

    private static Task UntilAsync(SourceRun run, int keys, params string[] missing) => run.UntilAsync(
        r => ((string[])["one", "two"]).All(id => r[id] is { } route && route.AuthorizedKeys.Count == keys && route.MissingKeys.SequenceEqual(missing)),
        $"{keys} keys, {string.Join("; ", missing)}");
}
