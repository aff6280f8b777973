using System.Net;
using Microsoft.AspNetCore.Http;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.StatusPage;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Integration.StatusPage;

/// <summary>The status page of a whole operator, as HTTP shows it.</summary>
public sealed class StatusPageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Sessions_are_listed_and_found_and_their_names_escaped()
    {
        Write(new SessionManifest("waiting", [KeyLine]) { User = "ann<script>alert(1)</script>\"'&" });
        Write(new SessionManifest("disabled", [KeyLine]) { Access = "Disabled", User = "bob" });
        Write(new SessionManifest("broken", ["no key"]));
        await using OperatorRun run = await StartAsync();
        using HttpClient http = Client(run);

        string page = await UntilAsync(http, "/", "<strong>3</strong> sessions");

        Assert.Contains("ann&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;</td>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.Contains("</span>Ended</td><td class=\"reason\">AccessDisabled<", Dense(page), StringComparison.Ordinal);
        Assert.Contains("</span>Invalid</td><td class=\"reason\">InvalidKeys<", Dense(page), StringComparison.Ordinal);
        Assert.Equal(["broken", "disabled", "waiting"], Ids(page));
        Assert.Equal(["waiting", "disabled", "broken"], Ids(await http.GetStringAsync(Relative("/?sort=-session"))));
        Assert.Equal(["disabled"], Ids(await http.GetStringAsync(Relative("/?q=BOB"))));
        Assert.Equal(["disabled"], Ids(await http.GetStringAsync(Relative("/?phase=Ended"))));
        string nothing = await http.GetStringAsync(Relative("/?q=%22%3E%3Cscript%3E&phase=%22&sort=--nothing&q=second"));
        Assert.Contains("No session matches.", nothing, StringComparison.Ordinal);
        Assert.Contains("value=\"&quot;&gt;&lt;script&gt;\"", nothing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_comes_from_elsewhere_and_files_are_kept_by_browsers()
    {
        await using OperatorRun run = await StartAsync();
        using HttpClient http = Client(run);
        using HttpResponseMessage page = await http.GetAsync(Relative("/"));

        Assert.StartsWith("default-src 'none';", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal(("nosniff", "same-origin", true), (page.Headers.GetValues("X-Content-Type-Options").Single(), page.Headers.GetValues("Cross-Origin-Resource-Policy").Single(), page.Headers.CacheControl!.NoStore));
        foreach ((PageFile file, string type) in new[] { (PageFiles.Style, "text/css"), (PageFiles.Script, "text/javascript") })
        {
            Assert.Contains($"\"{file.Address}\"", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            using HttpResponseMessage kept = await http.GetAsync(Relative($"/{file.Address}"));
            Assert.Equal((type, TimeSpan.FromDays(365)), (kept.Content.Headers.ContentType!.MediaType, kept.Headers.CacheControl!.MaxAge));
            using HttpResponseMessage other = await http.GetAsync(Relative($"/{file.Name}?v=another"));
            Assert.True(other.IsSuccessStatusCode && other.Headers.CacheControl!.NoCache, $"{other}");
        }
        using HttpResponseMessage posted = await http.PostAsync(Relative("/"), null);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "GET"), (posted.StatusCode, posted.Content.Headers.Allow.Single()));
    }

    [Fact]
    public async Task An_open_page_gets_the_table_anew_until_the_operator_ends()
    {
        OperatorRun run = await StartAsync();
        using HttpClient http = Client(run);
        using HttpResponseMessage response = await http.GetAsync(Relative("/events"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync());

        Write(new SessionManifest("new", [KeyLine]));
        string? table;
        do
        {
            table = await ReadEventAsync(events);
            Assert.NotNull(table);
        }
        while (!Ids(table).SequenceEqual(["new"]));

        // It does not wait for the browser to leave.
        await run.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(2));
        while (await ReadEventAsync(events) is not null)
        {
            // Sent before the end.
        }
    }

    [Fact]
    public async Task The_number_of_open_pages_is_bounded()
    {
        await using OperatorRun run = await StartAsync();
        using HttpClient http = Client(run);
        var open = new List<HttpResponseMessage>();
        for (int i = 0; i < LiveUpdates.MaxStreams; i++)
        {
            open.Add(await http.GetAsync(Relative("/events"), HttpCompletionOption.ResponseHeadersRead));
        }
        Assert.All(open, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));

        using HttpResponseMessage beyond = await http.GetAsync(Relative("/events"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, beyond.StatusCode);
        open.ForEach(response => response.Dispose());

        await Eventually.TrueAsync(
            async () =>
            {
                using HttpResponseMessage again = await http.GetAsync(Relative("/events"), HttpCompletionOption.ResponseHeadersRead);
                return again.StatusCode == HttpStatusCode.OK;
            },
            "who closes a page makes room");
    }

    // With an Istio sidecar, strangers have an address such as 127.0.0.6. Anybody's name may be resolved to loopback.
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", "localhost:9000", 200)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.0.0.1", "127.0.0.1", 200)]
    [InlineData("::1", "::1", "[::1]:8081", 200)]
    [InlineData("10.5.0.1", "127.0.0.6", "localhost", 403)]
    [InlineData("127.0.0.1", "10.5.0.2", "localhost", 403)]
    [InlineData(null, null, "localhost", 403)]
    [InlineData("127.0.0.1", "127.0.0.1", "attacker.example:8081", 403)]
    [InlineData("127.0.0.1", "127.0.0.1", "localhost.attacker.example", 403)]
    [InlineData("127.0.0.1", "127.0.0.1", "10.5.0.1", 403)]
    [InlineData("127.0.0.1", "127.0.0.1", "", 403)]
    public async Task Without_TLS_only_this_machine_is_answered(string? local, string? remote, string host, int status)
    {
        var time = new ManualTimeProvider();
        using var usage = new UsageTable(new EndpointTable(), time);
        using var sessions = new SessionList(usage, new HostKeyTable(), time);
        var page = new StatusPageEndpoints(new LiveUpdates(sessions, () => null, null!, time));
        var context = new DefaultHttpContext
        {
            Request = { Method = "GET", Path = "/", Host = new HostString(host) },
            Connection = { LocalIpAddress = Parse(local), RemoteIpAddress = Parse(remote) },
        };

        await page.HandleLocalAsync(context);

        Assert.Equal(status, context.Response.StatusCode);

        static IPAddress? Parse(string? address) => address is null ? null : IPAddress.Parse(address);
    }

    [Fact]
    public async Task Without_the_option_there_is_no_page()
    {
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path);
        using HttpClient http = Client(run);

        using HttpResponseMessage response = await http.GetAsync(Relative("/"));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static string KeyLine => string.Join(' ', Support.Kubernetes.KubernetesObjects.Key.Split(' ')[..2]);

    private Task<OperatorRun> StartAsync() => OperatorRun.StartAsync(_directory.Path, arguments: ["--Operator:StatusPage=true"]);

    private void Write(SessionManifest session) => _directory.WriteByRename($"{session.Id}.yaml", $"{session}");

    private static HttpClient Client(OperatorRun run) => new() { BaseAddress = run.Probes };

    private static Uri Relative(string path) => new(path, UriKind.Relative);

    private static async Task<string> UntilAsync(HttpClient http, string path, string text)
    {
        string page = "";
        await Eventually.TrueAsync(async () => (page = await http.GetStringAsync(Relative(path))).Contains(text, StringComparison.Ordinal), () => $"{text}; the page was {page}");
        return page;
    }

    // An event's data; null: the stream has ended.
    private static async Task<string?> ReadEventAsync(StreamReader events)
    {
        List<string> lines = [];
        while (await events.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is { } line)
        {
            if (line.Length == 0)
            {
                return string.Join('\n', lines);
            }
            lines.Add(line);
        }
        return null;
    }

    private static string Dense(string html) => string.Concat(html.Split('\n').Select(line => line.Trim(' ', '\r')));

    private static IEnumerable<string> Ids(string html) => html.Split("<tr id=\"claude/")[1..].Select(row => row[..row.IndexOf('"', StringComparison.Ordinal)]);
}
