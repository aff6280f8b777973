using System.Text.Json.Nodes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>What kubectl shows of sessions, and that <c>sessions</c> shows the same.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class ListingTests(KubernetesServer server)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private KubernetesObjects Cluster => server.Admin;

    [KubernetesFact]
    public async Task Kubectl_and_sessions_print_the_golden_table()
    {
        string space = await CreateSessionsAsync();

        string[] kubectl = await KubectlAsync(space);
        Assert.Equal(
            """
            NAME       PHASE      READY   REASON           USER   POD         CONNS   AGE
            disabled   Ended      False   AccessDisabled   ada                        ~
            draining   Draining   False   Draining         ada                        ~
            expired    Ended      False   Expired          ada                        ~
            nokeys     Invalid    False   InvalidKeys      ada                        ~
            ready      Ready      True    EndpointReady    ada    ready-1             ~
            starting   Starting   False   PodNotReady      ada                        ~
            unready    Starting   False   PodNotReady      ada    unready-1           ~
            waiting    Pending    False   WaitingForPod    ada                        ~
            """, string.Join('\n', kubectl));
        Assert.Equal(kubectl, await SessionsAsync(space));

        string[] wide = await KubectlAsync(space, "-o", "wide");
        Assert.Equal(
            """
            NAME       PHASE      READY   REASON           USER   POD         CONNS   AGE   BACKEND   IP         PORT   NODE     KEYS   EXPIRES                MESSAGE
            disabled   Ended      False   AccessDisabled   ada                        ~     SSH                                  1                             spec.access is Disabled: no logins, and open ones are closed
            draining   Draining   False   Draining         ada                        ~     SSH                                  1                             spec.access is Draining: no new logins
            expired    Ended      False   Expired          ada                        ~     SSH                                  1      2020-02-03T04:05:06Z   the session expired at 2020-02-03T04:05:06Z
            nokeys     Invalid    False   InvalidKeys      ada                        ~     SSH                                  0                             no key can be used: spec.ssh.authorizedKeys[0]: this key is skipped: the key is cut short, or a part of it is missing; copy the whole line of the .pub file
            ready      Ready      True    EndpointReady    ada    ready-1             ~     SSH       10.4.0.1   2222   node-1   1                             logins go to pod ready-1 at 10.4.0.1 port 2222
            starting   Starting   False   PodNotReady      ada                        ~     SSH                                  1      2099-12-31T23:59:59Z   pod starting-1 is not ready: its phase is Pending
            unready    Starting   False   PodNotReady      ada    unready-1           ~     SSH       10.4.0.2   2222            1                             pod unready-1 is not ready: its phase is Running
            waiting    Pending    False   WaitingForPod    ada                        ~     SSH                                  1                             no pod of the namespace carries the label tars.cloudwalk.network/session=waiting yet
            """, string.Join('\n', wide));
        Assert.Equal(wide, await SessionsAsync(space, "-o", "wide"));
    }

    [KubernetesFact]
    public async Task All_namespaces_are_printed_with_their_names()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "abc12");

        CommandResult sessions = await RunAsync($"--Operator:Kubeconfig={server.Kubeconfig()}", "--Operator:AllNamespaces=true");

        Assert.True(sessions.Succeeded, sessions.ToString());
        Assert.Equal(Mask(await server.KubectlAsync("get", "claudesessions", "-A")), Mask(sessions.Text));
    }

    [KubernetesFact]
    public async Task Sessions_writes_nothing_and_needs_no_ports()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "abc12");
        string before = (await Cluster.ReadSessionAsync(space, "abc12")).ToJsonString();

        // Addresses of nobody here: to listen on one of them fails.
        CommandResult sessions = await RunAsync(
            $"--Operator:Kubeconfig={server.Kubeconfig()}", $"--Operator:Namespaces:0={space}", $"--Operator:LeaseNamespace={space}", "--Operator:HttpListen=192.0.2.1:8081");

        Assert.True(sessions.Succeeded, sessions.ToString());
        // No operator has been here, so there is no status yet.
        Assert.Equal($"NAME    PHASE   READY   REASON   USER   POD   CONNS   AGE\nabc12                            ada                  ~", string.Join('\n', Mask(sessions.Text)));
        Assert.Equal(before, (await Cluster.ReadSessionAsync(space, "abc12")).ToJsonString());
        Assert.Equal("", await server.KubectlAsync("get", "leases,secrets,configmaps,events", "-n", space, "-o", "name", "--field-selector=metadata.name!=kube-root-ca.crt"));
    }

    [KubernetesFact]
    public async Task What_cannot_be_read_is_said_in_a_sentence()
    {
        string space = await Cluster.CreateNamespaceAsync();

        CommandResult empty = await RunAsync($"--Operator:Kubeconfig={server.Kubeconfig()}", $"--Operator:Namespaces:0={space}");
        Assert.Equal((0, "", $"There are no ClaudeSessions in {space}.\n"), (empty.ExitCode, empty.Text, empty.ErrorText));

        CommandResult away = await RunAsync($"--Operator:Kubeconfig={server.Kubeconfig(new Uri("https://127.0.0.1:1"))}", $"--Operator:Namespaces:0={space}");
        Assert.Equal((1, ""), (away.ExitCode, away.Text));
        Assert.Contains("The API server https://127.0.0.1:1/ cannot be asked", away.ErrorText, StringComparison.Ordinal);
        Assert.Single(away.ErrorText.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        await server.ForbidOperatorAsync();
        CommandResult forbidden = await RunAsync($"--Operator:Kubeconfig={server.Kubeconfig()}", $"--Operator:Namespaces:0={space}");
        await server.AllowOperatorAsync();
        Assert.Equal((1, ""), (forbidden.ExitCode, forbidden.Text));
        Assert.Contains("does not list the ClaudeSessions: 403 Forbidden", forbidden.ErrorText, StringComparison.Ordinal);

        CommandResult unnamed = await RunAsync($"--Operator:Kubeconfig={server.Kubeconfig()}");
        Assert.Equal((1, ""), (unnamed.ExitCode, unnamed.Text));
        Assert.Contains("Operator:Namespaces is missing", unnamed.ErrorText, StringComparison.Ordinal);

        CommandResult word = await CommandAsync("session");
        Assert.Equal((1, "\"session\" is no command; there is sessions, and none at all starts the operator\n"), (word.ExitCode, word.ErrorText));
    }

    // One in each state that sessions come to by themselves, by their pods, or by what TARS says.
    private async Task<string> CreateSessionsAsync()
    {
        string space = await Cluster.CreateNamespaceAsync();
        await Cluster.CreateSessionAsync(space, "waiting");
        await Cluster.CreateSessionAsync(space, "starting", s => s["spec"]!["expiresAt"] = "2099-12-31T23:59:59Z");
        await Cluster.CreatePodAsync(space, "starting-1", "starting");
        await Cluster.CreateSessionAsync(space, "ready");
        await Cluster.CreatePodAsync(space, "ready-1", "ready", pod => pod["spec"]!["nodeName"] = "node-1");
        await Cluster.SetStatusAsync(space, "ready-1", "10.4.0.1", ready: true);
        await Cluster.CreateSessionAsync(space, "unready");
        await Cluster.CreatePodAsync(space, "unready-1", "unready");
        await Cluster.SetStatusAsync(space, "unready-1", "10.4.0.2", ready: false);
        await Cluster.CreateSessionAsync(space, "draining", s => s["spec"]!["access"] = "Draining");
        await Cluster.CreateSessionAsync(space, "disabled", s => s["spec"]!["access"] = "Disabled");
        await Cluster.CreateSessionAsync(space, "expired", s => s["spec"]!["expiresAt"] = "2020-02-03T04:05:06Z");
        await Cluster.CreateSessionAsync(space, "nokeys", s => s["spec"]!["ssh"]!["authorizedKeys"] = new JsonArray("ssh-ed25519 AAAA"));
        await using OperatorReplica replica = await OperatorReplica.StartAsync(server.Kubeconfig(), space);
        await Eventually.TrueAsync(
            async () => (await server.KubectlAsync("get", "csess", "-n", space, "-o", "jsonpath={range .items[*]}{.status.phase}{\"\\n\"}{end}"))
                .Split('\n').Count(p => p.Length > 0) >= 8,
            "every session has a status");
        return space;
    }

    private async Task<string[]> KubectlAsync(string space, params string[] arguments) =>
        Mask(await server.KubectlAsync(["get", "claudesessions", "-n", space, .. arguments]));

    private async Task<string[]> SessionsAsync(string space, params string[] arguments)
    {
        CommandResult result = await RunAsync([.. arguments, $"--Operator:Kubeconfig={server.Kubeconfig()}", $"--Operator:Namespaces:0={space}"]);
        Assert.True(result.Succeeded, result.ToString());
        return Mask(result.Text);
    }

    private static Task<CommandResult> RunAsync(params string[] arguments) => CommandAsync(["sessions", "--Operator:Source=Kubernetes", .. arguments]);

    private static Task<CommandResult> CommandAsync(params string[] arguments) => GatewayProgram.RunAsync("operator", arguments, Limit);

    // An age, and with it the width of its column, is another one a moment later.
    private static string[] Mask(string table)
    {
        string[] lines = table.TrimEnd('\n').Split('\n');
        int start = lines[0].IndexOf("AGE", StringComparison.Ordinal);
        string behind = lines[0][(start + "AGE".Length)..].TrimStart();
        int end = lines[0].Length - behind.Length;
        return [.. lines.Select((line, i) => line[..start] + (i == 0 ? "AGE" : "~") + (behind.Length == 0 ? "" : (i == 0 ? "   " : "     ") + line[end..]))];
    }
}
