using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using SshGateway.Tests.Integration.Kubernetes;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>
/// TARS's old questions about a session, to the operator of deploy/ and with tokens of a real API server.
/// </summary>
[Collection(DeployGroup.Name)]
public sealed class InternalEndpointTests(KubernetesServer server)
{
    private const string Space = "claude-sessions";
    private const string Pod = "/internal/sessions/tars-3/pod";
    private const string Keys = "/internal/sessions/tars-3/ssh-key";
    private const string Connections = "/internal/sessions/tars-3/connections";
    private const string Audience = FeedKeys.Audience;

    [DeployedFact]
    public async Task TARS_is_answered_from_the_table()
    {
        await DeployedOverlay.ApplyAsync(server);
        await using DeployedOperator gateway = await DeployedOperator.StartReplicaAsync(server);
        using HttpClient tars = Caller(gateway, await TokenAsync("tars"));
        await Eventually.TrueAsync(() => IsReadyAsync(gateway), "the table is filled");

        Assert.Equal("404 {\"error\":\"there is no such session\"}", await AskAsync(tars, Pod));
        await server.Admin.CreateSessionAsync(Space, "tars-3");
        try
        {
            await UntilAsync(tars, Pod, """200 {"service_host":null,"ssh_port":null,"status":"pending","reason":"WaitingForPod"}""");
            string line = string.Join(' ', KubernetesObjects.Key.Split(' ')[..2]);
            // Escaped or not, JSON is the same.
            (HttpStatusCode _, JsonElement keys) = await ReadAsync(tars, Keys);
            Assert.Equal(line, keys.GetProperty("ssh_public_key").GetString());
            Assert.Equal([line], keys.GetProperty("ssh_public_keys").EnumerateArray().Select(k => k.GetString()));

            await server.Admin.CreatePodAsync(Space, "tars-3-pod", "tars-3");
            await server.Admin.SetStatusAsync(Space, "tars-3-pod", "10.5.0.1", ready: true);
            await UntilAsync(tars, Pod, """200 {"service_host":"10.5.0.1","ssh_port":2222,"status":"running","reason":null}""");
            await server.Admin.PatchSessionAsync(Space, "tars-3", new() { ["spec"] = new System.Text.Json.Nodes.JsonObject { ["access"] = "Disabled" } });
            await UntilAsync(tars, Pod, """200 {"service_host":null,"ssh_port":null,"status":"stopped","reason":"AccessDisabled"}""");
        }
        finally
        {
            await server.Admin.DeleteSessionAsync(Space, "tars-3");
            await server.KubectlAsync("delete", "pod", "-n", Space, "tars-3-pod", "--ignore-not-found", "--force", "--grace-period=0", "--wait=false");
        }
        await UntilAsync(tars, Pod, "404 {\"error\":\"there is no such session\"}");

        Assert.StartsWith("404", await AskAsync(tars, "/internal/sessions/tars-3"), StringComparison.Ordinal);
        Assert.StartsWith("404", await AskAsync(tars, "/internal/sessions//pod"), StringComparison.Ordinal);
        Assert.StartsWith("404", await AskAsync(tars, "/internal"), StringComparison.Ordinal);
        using HttpResponseMessage posted = await tars.PostAsync(new Uri(Pod, UriKind.Relative), new StringContent("{}"));
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "GET"), (posted.StatusCode, posted.Content.Headers.Allow.Single()));
        using HttpResponseMessage read = await tars.GetAsync(new Uri($"{Connections}/a-1", UriKind.Relative));
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "DELETE"), (read.StatusCode, read.Content.Headers.Allow.Single()));
        Assert.StartsWith("400", await AskAsync(tars, "/internal/sessions"), StringComparison.Ordinal);
        Assert.StartsWith("400", await AskAsync(tars, "/internal/sessions?user=a&user=b"), StringComparison.Ordinal);
        Assert.Equal("404 {\"error\":\"there is no such session\"}", await AskAsync(tars, Connections));
    }

    [DeployedFact]
    public async Task Nobody_else_learns_anything()
    {
        await DeployedOverlay.ApplyAsync(server);
        await server.Admin.CreateSessionAsync(Space, "tars-3");
        try
        {
            await using DeployedOperator gateway = await DeployedOperator.StartReplicaAsync(server);
            using HttpClient nobody = Caller(gateway, null);
            await Eventually.TrueAsync(() => IsReadyAsync(gateway), "the table is filled, and the probes need no token");
            string tars = await TokenAsync("tars");
            string[] parts = tars.Split('.');
            (string? Token, string Expected)[] callers =
            [
                (null, "401"),
                ("", "401"),
                ("forged", "401"),
                // The signature of another token, and none.
                ($"{parts[0]}.{parts[1]}.{(await TokenAsync("cluster")).Split('.')[2]}", "401"),
                ($"{parts[0]}.{parts[1]}.", "401"),
                (new string('a', 20_000), "401"),
                // For another audience, and for the API server.
                (await Account.TokenAsync(server, "tars", "tars", "another"), "401"),
                (await Account.TokenAsync(server, "tars", "tars"), "401"),
                (KubernetesServer.OperatorToken, "401"),
                (await TokenAsync("cluster"), "403"),
                // The one that proxies show at the feed.
                (await Account.TokenAsync(server, "ssh-gateway", "ssh-gateway-proxy", Audience), "403"),
            ];
            foreach ((string? token, string expected) in callers)
            {
                using HttpClient caller = Caller(gateway, token);
                string answer = await AskAsync(caller, Pod);
                Assert.StartsWith(expected, answer, StringComparison.Ordinal);
                // The same for sessions, paths and methods that are and that are not.
                foreach (string path in new[] { Keys, Connections, "/internal/sessions?user=ada", "/internal/sessions/nosuch/pod", "/internal/nosuch" })
                {
                    Assert.Equal(answer, await AskAsync(caller, path));
                }
                using HttpResponseMessage response = await caller.PostAsync(new Uri(Pod, UriKind.Relative), null);
                Assert.StartsWith(expected, $"{(int)response.StatusCode}", StringComparison.Ordinal);
                Assert.Equal(expected == "401", response.Headers.WwwAuthenticate.Any(challenge => challenge.Scheme == "Bearer"));
            }
        }
        finally
        {
            await server.Admin.DeleteSessionAsync(Space, "tars-3");
        }
    }

    [DeployedFact]
    public async Task The_API_server_is_asked_once_per_token_and_its_absence_is_said()
    {
        await DeployedOverlay.ApplyAsync(server);
        await using var proxy = new FaultyProxy(server.Port, isPlain: true);
        await using DeployedOperator gateway = await DeployedOperator.StartReplicaAsync(server, proxy.Address);
        using HttpClient tars = Caller(gateway, await TokenAsync("tars"));
        using HttpClient forger = Caller(gateway, "forged");
        await Eventually.TrueAsync(() => IsReadyAsync(gateway), "the table is filled");

        for (int i = 0; i < 5; i++)
        {
            Assert.StartsWith("404", await AskAsync(tars, Pod), StringComparison.Ordinal);
            Assert.StartsWith("401", await AskAsync(forger, Pod), StringComparison.Ordinal);
        }
        Assert.Equal(2, proxy.Requests.Count(r => r.Line.Contains("/tokenreviews", StringComparison.Ordinal)));

        await proxy.RefuseAsync();
        proxy.Cut();
        using HttpClient another = Caller(gateway, await TokenAsync("cluster"));
        using HttpResponseMessage away = await another.GetAsync(new Uri(Pod, UriKind.Relative));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5)), (away.StatusCode, away.Headers.RetryAfter!.Delta));
        // Whom the API server knew a moment ago is still answered.
        Assert.StartsWith("404", await AskAsync(tars, Pod), StringComparison.Ordinal);
        proxy.Accept();
    }

    [DeployedFact]
    public async Task Tokens_for_the_API_server_are_accepted_where_an_option_says_so()
    {
        await DeployedOverlay.ApplyAsync(server);
        await using DeployedOperator gateway = await DeployedOperator.StartReplicaAsync(server, null, null, "--Operator:InternalApiServerTokens=true");
        await Eventually.TrueAsync(() => IsReadyAsync(gateway), "the table is filled");
        (string Token, string Expected)[] callers =
        [
            (await TokenAsync("tars"), "404"),
            (await Account.TokenAsync(server, "tars", "tars"), "404"),
            (await Account.TokenAsync(server, "tars", "tars", "another"), "401"),
            ("forged", "401"),
            (await Account.TokenAsync(server, "tars", "cluster"), "403"),
            (KubernetesServer.OperatorToken, "403"),
        ];
        foreach ((string token, string expected) in callers)
        {
            using HttpClient caller = Caller(gateway, token);
            Assert.StartsWith(expected, await AskAsync(caller, Pod), StringComparison.Ordinal);
        }
    }

    [DeployedFact]
    public async Task Without_TLS_and_outside_of_its_port_there_is_nothing()
    {
        await DeployedOverlay.ApplyAsync(server);
        await using DeployedOperator gateway = await DeployedOperator.StartReplicaAsync(server);
        await Eventually.TrueAsync(() => IsReadyAsync(gateway), "the table is filled");
        string token = await TokenAsync("tars");

        // The probes' port knows no sessions, whatever the request calls itself.
        string absent = "there are /healthz, /readyz and /metrics\n";
        foreach (string target in (string[])[Pod, $"https://{gateway.Internal.Authority}{Pod}"])
        {
            string answer = await ExchangeAsync(gateway.Http, $"GET {target} HTTP/1.1\r\nHost: {gateway.Internal.Authority}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 404", answer, StringComparison.Ordinal);
            Assert.Contains(absent, answer, StringComparison.Ordinal);
        }
        // A request in plain text at the port with TLS is not answered.
        Assert.DoesNotContain("HTTP", await ExchangeAsync(gateway.Internal, $"GET {Pod} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"), StringComparison.Ordinal);

        // The port for TARS has neither probes nor metrics.
        using HttpClient tars = Caller(gateway, token);
        using HttpClient nobody = Caller(gateway, null);
        foreach (string path in (string[])["/healthz", "/readyz", "/metrics"])
        {
            Assert.StartsWith("404 {\"error\":", await AskAsync(tars, path), StringComparison.Ordinal);
            Assert.StartsWith("401 {\"error\":", await AskAsync(nobody, path), StringComparison.Ordinal);
        }

        // The status page needs a token there, and elsewhere loopback.
        Assert.StartsWith("401 {\"error\":", await AskAsync(nobody, "/"), StringComparison.Ordinal);
        using HttpClient cluster = Caller(gateway, await TokenAsync("cluster"));
        Assert.StartsWith("403 {\"error\":", await AskAsync(cluster, "/events"), StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html>", await tars.GetStringAsync(new Uri("/", UriKind.Relative)), StringComparison.Ordinal);
        using var here = new HttpClient { BaseAddress = gateway.Http };
        Assert.StartsWith("<!DOCTYPE html>", await here.GetStringAsync(new Uri("/", UriKind.Relative)), StringComparison.Ordinal);

        // A client that trusts another CA sends nothing.
        using var others = new FeedKeys();
        using HttpClient elsewhere = others.CreateClient(gateway.Internal, token);
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => elsewhere.GetAsync(new Uri(Pod, UriKind.Relative)));
        Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
    }

    [DeployedFact]
    public async Task With_nobody_on_the_list_nobody_may_ask()
    {
        await DeployedOverlay.ApplyAsync(server);
        await using DeployedOperator gateway = await DeployedOperator.StartReplicaAsync(server, null, null, "--Operator:InternalCallers:0=tars:another");
        using HttpClient tars = Caller(gateway, await TokenAsync("tars"));
        Assert.StartsWith("403", await AskAsync(tars, Pod), StringComparison.Ordinal);

        await using OperatorReplica without = await OperatorReplica.StartWithInternalAsync(server.Kubeconfig(), FeedKeys.Shared, await server.Admin.CreateNamespaceAsync());
        using HttpClient caller = FeedKeys.Shared.CreateClient(without.Internal, await TokenAsync("tars"));
        Assert.Equal("""403 {"error":"nobody may ask; list the ServiceAccounts that may in Operator:InternalCallers"}""", await AskAsync(caller, Pod));
    }

    private static HttpClient Caller(DeployedOperator gateway, string? token) => FeedKeys.Shared.CreateClient(gateway.Internal, token);

    private Task<string> TokenAsync(string account) => Account.TokenAsync(server, "tars", account, Audience);

    private static async Task<bool> IsReadyAsync(DeployedOperator gateway)
    {
        using var http = new HttpClient { BaseAddress = gateway.Http };
        using HttpResponseMessage response = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
        return response.IsSuccessStatusCode;
    }

    /// <returns>All that comes back for this text, until the connection ends.</returns>
    private static async Task<string> ExchangeAsync(Uri address, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var answer = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(answer).WaitAsync(TimeSpan.FromMinutes(2));
        }
        catch (IOException)
        {
            // It was reset.
        }
        return Encoding.Latin1.GetString(answer.ToArray());
    }

    private static async Task<string> AskAsync(HttpClient http, string path)
    {
        using HttpResponseMessage response = await http.GetAsync(new Uri(path, UriKind.Relative));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
    }

    private static async Task<(HttpStatusCode Status, JsonElement Answer)> ReadAsync(HttpClient http, string path)
    {
        using HttpResponseMessage response = await http.GetAsync(new Uri(path, UriKind.Relative));
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()));
    }

    private static async Task UntilAsync(HttpClient http, string path, string expected)
    {
        string answer = "";
        await Eventually.TrueAsync(async () => (answer = await AskAsync(http, path)) == expected, () => $"{expected}; the answer was {answer}");
    }
}
