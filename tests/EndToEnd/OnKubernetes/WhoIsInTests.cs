using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>
/// Who is connected, and how one connection is ended: two operators and two proxies, the real ssh through both, and
/// callers whom a real API server knows.
/// </summary>
[Collection(KubernetesGroup.Name)]
public sealed class WhoIsInTests(KubernetesServer server)
{
    private const string Id = "busy";
    private const string Path = $"/internal/sessions/{Id}/connections";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    [ClusterLoginFact]
    public async Task Every_operator_lists_the_connections_of_all_proxies_and_ends_each()
    {
        // With the permissions of deploy/.
        await DeployedOverlay.ApplyAsync(server);
        string space = await server.Admin.CreateNamespaceAsync();
        await server.KubectlAsync("apply", "-n", space, "-f", Repository.File("deploy/sessions/access.yaml"));
        string kubeconfig = server.Kubeconfig(user: $"token: {await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-operator")}");
        string audit = System.IO.Path.Combine(ScratchDirectory.New("audit"), "audit.jsonl");
        await using Gateway gateway = await Gateway.StartAsync(await GatewayKeys.GenerateAsync(), new GatewayOptions
        {
            OperatorSources = [Source(kubeconfig, space), Source(kubeconfig, space)],
            ProxyArguments = [[$"--Proxy:AuditLog={audit}"], [$"--Proxy:AuditLog={audit}"]],
        });
        KeyPair user = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id_ed25519");
        await using PodSshd sshd = await PodSshd.StartAsync(new PodOptions(Id, Id, gateway.Keys.UserCa.PublicFile));
        await CreateAsync(space, user, sshd);
        await using Daemon one = await LogInAsync(gateway, user, gateway.Proxies[0]);
        await using LineDialog other = LineDialog.Start(Client(gateway, user, gateway.Proxies[1]), Id, "cat");
        Assert.Equal("before", await other.EchoAsync("before"));
        string caller = await TokenAsync(space, "caller");
        using HttpClient first = Caller(gateway, 0, caller);
        using HttpClient second = Caller(gateway, 1, caller);
        foreach (HttpClient http in (HttpClient[])[first, second])
        {
            JsonElement[] connections = await ListedAsync(gateway, http, 2, withBytes: true);
            Assert.Equal(["proxy-1", "proxy-2"], connections.Select(c => c.At("proxy").GetString()!).Order());
            Assert.All(connections, connection => Assert.Equal(
                (user.Fingerprint, "ssh", "127.0.0.1", JsonValueKind.Null),
                (connection.At("key").GetString()!, connection.At("protocol").GetString()!, connection.At("address").GetString()!.Split(':')[0], connection.GetProperty("certificate").ValueKind)));
        }
        await AssertRefusedAsync(gateway, space, connection: (await ListedAsync(gateway, first, 2))[0].At("id").GetString()!);

        // Whichever of them leads: each ends one of the first proxy, and the other one stays.
        HttpClient[] operators = [first, second];
        for (int i = 0; i < operators.Length; i++)
        {
            await using Daemon? another = i == 0 ? null : await LogInAsync(gateway, user, gateway.Proxies[0]);
            JsonElement[] listed = await ListedAsync(gateway, operators[i], 2);
            string id = listed.Single(connection => connection.At("proxy").GetString()! == "proxy-1").At("id").GetString()!;
            using HttpResponseMessage closed = await operators[i].DeleteAsync(new Uri($"{Path}/{id}", UriKind.Relative));
            Assert.Equal("""OK {"closed":true}""", $"{closed.StatusCode} {await closed.Content.ReadAsStringAsync()}");
            await (another ?? one).WaitForLineAsync($"An administrator closed this connection to session {Id} (connection {id}).", Deadline);
            await ListedAsync(gateway, operators[i], 1);
            await gateway.Operator(i).WaitForLineAsync($"system:serviceaccount:{space}:caller from 127.0.0.1 closes connection {id} of session {Id} (proxy proxy-1", Deadline);
            JsonElement end = await AuditedAsync(audit, id);
            Assert.Equal(
                ("ClosedByAdministrator", "Nobody", $"closed by system:serviceaccount:{space}:caller", user.Fingerprint),
                (end.At("end").GetString()!, end.At("blame").GetString()!, end.At("detail").GetString()!, end.At("key").GetString()!));
            using HttpResponseMessage gone = await operators[i].DeleteAsync(new Uri($"{Path}/{id}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }
        Assert.Equal("after", await other.EchoAsync("after"));

        // It says nothing any more.
        await gateway.Proxies[1].Daemon.KillAsync();
        await ListedAsync(gateway, first, 0);
        ProxyProcess restarted = await gateway.AddProxyAsync();
        await Gateway.WaitUntilReadyAsync(restarted);
        await using Daemon again = await LogInAsync(gateway, user, restarted);
        Assert.Equal("proxy-3", (await ListedAsync(gateway, second, 1))[0].At("proxy").GetString()!);

        await AssertOwnersAsync(gateway, space, second);
        // The operators are killed and give nothing back.
        await server.KubectlAsync("delete", "lease", "ssh-gateway-operator", "-n", "ssh-gateway", "--ignore-not-found");
    }

    private static async Task<JsonElement[]> ListedAsync(Gateway gateway, HttpClient http, int count, bool withBytes = false)
    {
        string answer = "";
        JsonElement[] connections = [];
        await Eventually.TrueAsync(
            async () =>
            {
                answer = await http.GetStringAsync(new Uri(Path, UriKind.Relative));
                connections = [.. JsonSerializer.Deserialize<JsonElement>(answer).GetProperty("connections").EnumerateArray()];
                return connections.Length == count
                    && (!withBytes || connections.All(c => c.GetProperty("bytes_from_client").GetInt64() > 0 && c.GetProperty("bytes_to_client").GetInt64() > 0));
            },
            Deadline,
            () => $"{count} connections are not listed: {answer}\n{gateway.Logs}");
        return connections;
    }

    private static async Task<JsonElement> AuditedAsync(string audit, string id)
    {
        JsonElement? end = null;
        await Eventually.TrueAsync(
            async () =>
            {
                end = (await File.ReadAllLinesAsync(audit)).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<JsonElement>(line))
                    .Cast<JsonElement?>().SingleOrDefault(record => record!.Value.At("connection").GetString()! == id && record.Value.At("event").GetString()! == "end");
                return end is not null;
            },
            Deadline,
            () => $"the end of {id} is not in the audit log");
        return end!.Value;
    }

    private static async Task<Daemon> LogInAsync(Gateway gateway, KeyPair user, ProxyProcess proxy)
    {
        await Client(gateway, user, proxy).RunWhenKnownAsync(Id, "true");
        Daemon ssh = Client(gateway, user, proxy).Start(Id, [], "echo in; sleep 600");
        await ssh.WaitForLineAsync("in", Deadline);
        return ssh;
    }

    private static SshClient Client(Gateway gateway, KeyPair user, ProxyProcess proxy) => SshClient.Create(proxy.Ssh, user, gateway.Keys.HostKeys);

    private static HttpClient Caller(Gateway gateway, int index, string? token)
    {
        const string Listening = "(/internal) listening on ";
        string line = gateway.Operator(index).Output.Split('\n').Single(text => text.Contains(Listening, StringComparison.Ordinal));
        return FeedKeys.Shared.CreateClient(new Uri($"https://{line.Split(Listening)[1].Trim()}"), token);
    }

    private async Task AssertRefusedAsync(Gateway gateway, string space, string connection)
    {
        foreach ((string? token, HttpStatusCode expected) in new[]
        {
            (null, HttpStatusCode.Unauthorized),
            ("forged", HttpStatusCode.Unauthorized),
            (await TokenAsync(space, "other"), HttpStatusCode.Forbidden),
        })
        {
            using HttpClient http = Caller(gateway, 0, token);
            foreach ((HttpMethod method, string path) in new[]
            {
                (HttpMethod.Get, Path), (HttpMethod.Delete, $"{Path}/{connection}"), (HttpMethod.Get, "/internal/sessions?user=ada"),
            })
            {
                using var request = new HttpRequestMessage(method, path);
                using HttpResponseMessage answer = await http.SendAsync(request);
                Assert.Equal(expected, answer.StatusCode);
            }
        }
    }

    // By the operator's own answer, and by the label.
    private async Task AssertOwnersAsync(Gateway gateway, string space, HttpClient http)
    {
        string answer = "";
        string expected = $$"""{"user":"ada","sessions":[{"id":"{{Id}}","namespace":"{{space}}","status":"running","reason":null,"connections":1}]}""";
        await Eventually.TrueAsync(
            async () => (answer = await http.GetStringAsync(new Uri("/internal/sessions?user=ada", UriKind.Relative))) == expected, Deadline, () => $"{expected}\n{answer}\n{gateway.Logs}");
        Assert.Equal("""{"user":"bob","sessions":[]}""", await http.GetStringAsync(new Uri("/internal/sessions?user=bob", UriKind.Relative)));
        string names = "";
        await Eventually.TrueAsync(
            async () => (names = await server.KubectlAsync("get", "csess", "-n", space, "-l", "tars.cloudwalk.network/owner=ada", "-o", "name")).Contains(Id, StringComparison.Ordinal),
            Deadline, () => $"kubectl finds \"{names}\"\n{gateway.Logs}");
    }

    private async Task CreateAsync(string space, KeyPair user, PodSshd sshd)
    {
        foreach (string account in (string[])["caller", "other"])
        {
            await server.KubectlAsync("create", "serviceaccount", account, "-n", space);
        }
        await server.Admin.CreateSessionAsync(space, Id, session => session["spec"]!["ssh"] = new JsonObject
        {
            ["authorizedKeys"] = new JsonArray(user.PublicLine),
            ["port"] = sshd.Endpoint.Port,
            ["targetUser"] = "root",
        });
        await server.Admin.CreatePodAsync(space, Id, Id);
        await server.Admin.SetStatusAsync(space, Id, $"{sshd.Endpoint.Address}", ready: true);
    }

    private static string[] Source(string kubeconfig, string space) =>
    [
        "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={kubeconfig}", $"--Operator:Namespaces:0={space}", "--Operator:LeaseNamespace=ssh-gateway",
        "--Operator:InternalListen=127.0.0.1:0", $"--Operator:InternalCallers:0={space}:caller",
    ];

    private Task<string> TokenAsync(string space, string account) => Account.TokenAsync(server, space, account, FeedKeys.Audience);
}
