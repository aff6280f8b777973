using System.Text;
using SshGateway.Tests.EndToEnd.Clients;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using Xunit;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.StatusPage;

/// <summary>
/// The status page of a real operator in a real browser. Its pictures are in a folder that the test's output names.
/// </summary>
[Trait("Category", "Long")]
public sealed class StatusPageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Browser = "chromium";
    private const string Library = "tests/EndToEnd/StatusPage/node/node_modules/playwright-core";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private Gateway? _gateway;
    private KeyPair? _user;

    async Task IAsyncLifetime.InitializeAsync()
    {
        if (Tools.Missing(["ssh", "sshd", "ssh-keygen", Browser]) is null)
        {
            _user = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id_ed25519");
            _gateway = await Gateway.StartAsync(await GatewayKeys.GenerateAsync(), new GatewayOptions { ProxyArguments = [[]] });
        }
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }
    }

    [ClientFact("node", Browser, Library)]
    public async Task Ten_thousand_sessions_and_hostile_names_stay_readable()
    {
        const string Hostile = "<b>bold</b><img/src=x/onerror=alert(1)>\"'&lt;";
        for (int file = 0; file < 100; file++)
        {
            _gateway!.Manifests.Write($"many-{file}", Sessions(file * 100, 100, file == 0 ? Hostile : $"user-{file}"));
        }
        await Eventually.TrueAsync(
            async () => (await GetAsync("/")).Contains("The first 200 of 10,000 sessions.", StringComparison.Ordinal), Deadline, () => _gateway!.Logs);
        string folder = ScratchDirectory.New("pictures");
        output.WriteLine(folder);

        string[] views = (await LookAsync("pictures", "", folder)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        const string Good = "200 rows, 0 too wide, 0 made of names, odd: []";
        Assert.Equal([$"light: {Good}", $"dark: {Good}", $"narrow: {Good}"], views);
        Assert.Contains(
            "The first 200 of 10,000 sessions. Find or sort to see others. -> 1 session shown. ?q=s-09876&sort=session, focus on q",
            await LookAsync("find", "", "s-09876"), StringComparison.Ordinal);
    }

    [ClientFact("node", Browser, Library)]
    public async Task An_open_page_shows_a_login_and_a_change_and_nothing_moves()
    {
        await using PodSshd pod = await _gateway!.AddPodAsync("watched", _user!);
        _gateway.Manifests.Write(new SessionManifest("another", [_user!.PublicLine]));
        await Eventually.TrueAsync(async () => (await GetAsync("/")).Contains("watched", StringComparison.Ordinal), Deadline, () => _gateway.Logs);
        await using Daemon page = Start("follow");
        await page.WaitForLineAsync("claude/watched: Ready EndpointReady ", Deadline);

        SshClient client = SshClient.Create(_gateway.Proxies[0].Ssh, _user, _gateway.Keys.HostKeys);
        await using (Daemon ssh = client.Start("watched", [], "echo in; cat"))
        {
            await ssh.WaitForLineAsync("in", Deadline);
            await page.WaitForLineAsync("claude/watched: Ready EndpointReady 1; focus in by-pod, shift 0", Deadline);
            await AssertWhoIsInAsync("watched");
        }
        _gateway.Manifests.Write(new SessionManifest("another", [_user.PublicLine]) { Access = "Disabled" });
        await page.WaitForLineAsync("claude/another: Ended AccessDisabled", Deadline);

        // The operator's end does not end the page.
        await _gateway.KillOperatorAsync();
        await page.WaitForLineAsync("state: Connection lost.", Deadline);
    }

    private async Task AssertWhoIsInAsync(string id)
    {
        string who = "";
        await Eventually.TrueAsync(
            async () => (who = await GetAsync($"/?who={id}")).Contains($">1 connection of {id}<", StringComparison.Ordinal), Deadline, () => who);
        Assert.Contains(_user!.Fingerprint.Replace("+", "&#x2B;", StringComparison.Ordinal), who, StringComparison.Ordinal);
        Assert.Matches(@"from 127\.0\.0\.1:[0-9]+, for [0-9ms]+</span>\s+<span>ssh through \S+, [0-9,]+ bytes up, [0-9,]+ down<", who);

        string folder = ScratchDirectory.New("pictures");
        output.WriteLine(folder);
        const string Good = "2 rows, 0 too wide, 0 made of names, odd: []";
        Assert.Equal($"light: {Good}\ndark: {Good}\nnarrow: {Good}\n", await LookAsync("pictures", $"?who={id}", folder));
    }

    private string Sessions(int first, int count, string user)
    {
        var text = new StringBuilder();
        for (int i = first; i < first + count; i++)
        {
            text.Append(new SessionManifest($"s-{i:D5}", [_user!.PublicLine]) { User = user }).Append("---\n");
        }
        return text.ToString();
    }

    private async Task<string> GetAsync(string path)
    {
        using var http = new HttpClient { BaseAddress = _gateway!.OperatorHttp };
        return await http.GetStringAsync(new Uri(path, UriKind.Relative));
    }

    private async Task<string> LookAsync(string verb, string query, params string[] rest)
    {
        CommandResult result = await Command.RunAsync(
            Script, [verb, $"{_gateway!.OperatorHttp}{query}", .. rest], deadline: Deadline, environment: Environment);
        Assert.True(result.Succeeded, $"{result}\n{_gateway.Logs}");
        return result.Text;
    }

    private Daemon Start(string verb) => Daemon.Start("look", Script, [verb, $"{_gateway!.OperatorHttp}"], Environment);

    private static string Script => Repository.File("tests/EndToEnd/StatusPage/look");

    private static Dictionary<string, string> Environment => new() { ["CHROMIUM"] = Tools.Find(Browser)! };
}
