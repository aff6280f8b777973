using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Integration.Grpc;

/// <summary>Both sides of our gRPC against the implementation that most others are built on.</summary>
public sealed class ForeignPeerTests
{
    [PythonGrpcFact]
    public async Task Python_checks_the_operators_health_and_follows_its_feed()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("one.yaml", Samples.Session("one") + "---\n" + Samples.Pod("one", "10.0.0.1"));
        await using OperatorRun run = await OperatorRun.StartAsync(directory.Path);
        using var http = new HttpClient { BaseAddress = run.Probes };
        await Eventually.TrueAsync(() => http.GetAsync("/readyz").GetAwaiter().GetResult().IsSuccessStatusCode, "the operator is ready");

        await using ForeignPeer python = await ForeignPeer.StartPythonAsync(
            "feed_client.py", $"127.0.0.1:{run.FeedPort}", run.Keys.AuthoritiesFile, run.Keys.TokenFile);

        Assert.Equal("""{"server": 1, "no_token": "UNAUTHENTICATED"}""", (await python.ReadAsync()).GetRawText());
        JsonElement checks = await python.ReadAsync();
        Assert.Equal(
            """{"server": 1, "service": 1, "unknown_service": "NOT_FOUND", "unknown_method": "UNIMPLEMENTED", "no_hello": "INVALID_ARGUMENT", "deadline": "DEADLINE_EXCEEDED"}""",
            checks.GetRawText());
        JsonElement entry = (await python.ReadAsync()).GetProperty("snapshot").GetProperty("entries")[0];
        Assert.Equal(("one", "CgAAAQ==", "ENDPOINT_STATE_READY"), (Text(entry, "sessionId"), Text(entry, "podIp"), Text(entry, "state")));
        Assert.Equal("1", Text((await python.ReadAsync()).GetProperty("syncComplete"), "count"));

        File.Delete(directory.File("one.yaml"));
        JsonElement removal = (await python.ReadAsync()).GetProperty("delta").GetProperty("removals")[0];
        Assert.Equal(("one", "uid-of-one"), (Text(removal, "sessionId"), Text(removal, "podUid")));
        Assert.Equal("OK", Text(await python.ReadAsync(), "end"));
    }

    [PythonGrpcFact]
    public async Task The_proxy_follows_an_operator_written_in_python()
    {
        await using ForeignPeer python = await ForeignPeer.StartPythonAsync("feed_server.py");
        int port = (await python.ReadAsync()).GetProperty("port").GetInt32();
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(port);

        Assert.Equal("proxy-a", Text((await python.ReadAsync()).GetProperty("hello"), "proxyId"));
        Assert.Equal("5", Text((await python.ReadAsync()).GetProperty("applied"), "sequence"));
        Assert.Equal("6", Text((await python.ReadAsync()).GetProperty("applied"), "sequence"));
        // The heartbeat's hash is Python's, and the proxy agrees.
        Assert.Equal((true, true, true), (proxy.Find("a") is null, proxy.Find("b") is not null, proxy.Find("c") is not null));

        await Eventually.TrueAsync(() => proxy.Log.Count(2) == 1, "the end of the stream is noticed");
        Assert.Equal(0, proxy.Log.Count(6));
        Assert.Contains("Unavailable: fini: 100 % naïve", Assert.Single(proxy.Log.Lines, l => l.Id.Id == 2).Text, StringComparison.Ordinal);
    }

    [NodeGrpcFact]
    public async Task Node_checks_the_operators_health_and_follows_its_feed()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("one.yaml", Samples.Session("one") + "---\n" + Samples.Pod("one", "10.0.0.1"));
        await using OperatorRun run = await OperatorRun.StartAsync(directory.Path);
        using var http = new HttpClient { BaseAddress = run.Probes };
        await Eventually.TrueAsync(() => http.GetAsync("/readyz").GetAwaiter().GetResult().IsSuccessStatusCode, "the operator is ready");

        await using ForeignPeer node = ForeignPeer.StartNode("feed_client.js", $"127.0.0.1:{run.FeedPort}", run.Keys.AuthoritiesFile, run.Keys.TokenFile);

        Assert.Equal(
            """{"server":"SERVING","service":"SERVING","unknown_service":"NOT_FOUND","no_token":"UNAUTHENTICATED"}""", (await node.ReadAsync()).GetRawText());
        JsonElement entry = (await node.ReadAsync()).GetProperty("snapshot").GetProperty("entries")[0];
        Assert.Equal(("one", "ENDPOINT_STATE_READY", 2222), (Text(entry, "sessionId"), Text(entry, "state"), entry.GetProperty("port").GetInt32()));
        JsonElement complete = (await node.ReadAsync()).GetProperty("syncComplete");
        Assert.Equal("1", Text(complete, "count"));

        File.Delete(directory.File("one.yaml"));
        JsonElement removal = (await node.ReadAsync()).GetProperty("delta").GetProperty("removals")[0];
        Assert.Equal(("one", "uid-of-one"), (Text(removal, "sessionId"), Text(removal, "podUid")));
        Assert.Equal("OK", Text(await node.ReadAsync(), "end"));
    }

    private static string? Text(JsonElement element, string property) => element.GetProperty(property).GetString();
}
