using SshGateway.Tests.EndToEnd.Clients;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Recording;

/// <summary>A recording in asciinema's own player, in a real browser.</summary>
[Trait("Category", "Long")]
[Collection(OwnRelayTests.Name)]
public sealed class RecordingPlayerTests(SharedGateway shared, ITestOutputHelper output)
{
    private const string Browser = "chromium";
    private const string Player = "tests/EndToEnd/Recording/node/node_modules/asciinema-player";

    [ClientFact("node", "setsid", Browser, Player)]
    public async Task A_recorded_shell_is_shown_as_its_user_saw_it()
    {
        const string Id = "rec-played";
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared);
        await gateway.AddPodAsync(Id, "Terminal");
        await using (Pty terminal = Pty.Start(24, 80, $"{gateway.Client.CommandLine(Id)} {SshClient.Host}"))
        {
            // Colours, boxes, wide characters, and a program that draws its screen.
            terminal.Type("PS1='$ '; clear; printf '\\033[1;32mgreen\\033[0m gr\u00fc\u00dfe \u65e5\u672c \u250c\u2500\u2510\\n'\n");
            await terminal.WaitForAsync("gr\u00fc\u00dfe \u65e5\u672c");
            terminal.Resize(30, 100);
            terminal.Type("printf '\\033[10;20Hat %s\\n' $((40+2))\n");
            await terminal.WaitForAsync("at 42");
            terminal.Type("exit 3\n");
            Assert.Equal(3, await terminal.WaitForExitAsync());
        }
        await gateway.WaitForRecordingsAsync(1);
        string picture = Path.Combine(ScratchDirectory.New("picture"), "played.png");
        if (Environment.GetEnvironmentVariable("SSHGATEWAY_PICTURES") is { Length: > 0 } folder)
        {
            picture = Path.Combine(folder, "played.png");
        }
        output.WriteLine(picture);

        CommandResult played = await Command.RunAsync(
            Repository.File("tests/EndToEnd/Recording/play"), [gateway.Complete[0], picture], deadline: TimeSpan.FromMinutes(5),
            environment: new Dictionary<string, string> { ["CHROMIUM"] = Tools.Find(Browser)! });

        Assert.True(played.Succeeded, $"{played}");
        string[] lines = played.Text.Split('\n');
        Assert.Equal("failed: false", lines[0]);
        Assert.StartsWith("markers: channel closed, exit status 3, ", lines[1], StringComparison.Ordinal);
        Assert.Contains("row: green gr\u00fc\u00dfe \u65e5\u672c \u250c\u2500\u2510", lines);
        Assert.Contains(lines, line => line.TrimEnd() == $"row: {new string(' ', 19)}at 42");
        Assert.DoesNotContain(lines, line => line.StartsWith("console: ", StringComparison.Ordinal) || line.StartsWith("error: ", StringComparison.Ordinal));
    }
}
