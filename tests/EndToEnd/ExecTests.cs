using System.Text;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Commands: exit statuses, signals, the two output streams, stdin and the environment.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class ExecTests(SharedGateway shared)
{
    [RealSshTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(255)]
    public async Task The_exit_status_of_the_command_is_sshs(int status)
    {
        CommandResult result = await shared.Client.RunAsync(SharedGateway.Alpha, $"echo $POD; exit {status}");

        Assert.False(result.TimedOut, result.ToString());
        Assert.Equal(status, result.ExitCode);
        Assert.Equal("alpha\n", result.Text);
    }

    [RealSshTheory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    [InlineData("SEGV")]
    public async Task A_command_that_dies_of_a_signal_ends_ssh_with_255_and_the_signal_arrives(string signal)
    {
        CommandResult result = await shared.Client.RunAsync(
            SharedGateway.Alpha, $"ulimit -c 0; echo before; kill -{signal} $$", flags: "-v");

        Assert.Equal(255, result.ExitCode);
        Assert.Equal("before\n", result.Text);
        // ssh does not print which signal it was; that the message came through is in its debug output.
        Assert.Contains("rtype exit-signal", result.ErrorText, StringComparison.Ordinal);
        Assert.DoesNotContain("rtype exit-status", result.ErrorText, StringComparison.Ordinal);
    }

    // Only a server that says that it is OpenSSH hears of it by eow@openssh.com, and only its command by SIGPIPE.
    [RealSshFact]
    public async Task A_command_ends_when_nobody_reads_its_output_any_more()
    {
        CommandResult result = await Command.ShellAsync(
            $"{shared.Client.CommandLine(SharedGateway.Alpha)} {SshClient.Host} yes | head -n 1", TimeSpan.FromMinutes(1));

        Assert.False(result.TimedOut, result.ToString());
        Assert.Equal("y\n", result.Text);
    }

    [RealSshFact]
    public async Task Killing_ssh_ends_the_command_in_the_pod()
    {
        await using LineDialog dialog = LineDialog.Start(shared.Client, SharedGateway.Alpha, "echo $$; exec cat");
        string process = await dialog.ReceiveAsync();
        Assert.True(Directory.Exists($"/proc/{process}"));

        await dialog.KillAsync();

        await Eventually.TrueAsync(
            () => !Directory.Exists($"/proc/{process}"),
            TimeSpan.FromSeconds(5),
            () => $"process {process} lives on in the pod.\n{shared.Gateway.Logs}");
    }

    [RealSshFact("perl")]
    public async Task Stdout_and_stderr_arrive_apart_and_complete_when_the_command_exits_at_once()
    {
        const string Script =
            """
            perl -e 'for (0..1023) { syswrite STDOUT, sprintf("%07d", $_) . "o" x 1016 . "\n"; syswrite STDERR, sprintf("%07d", $_) . "e" x 1016 . "\n" } exit 7'
            """;
        string stdout = Lines('o');
        string stderr = Lines('e');

        for (int round = 0; round < 10; round++)
        {
            CommandResult result = await shared.Client.RunAsync(SharedGateway.Beta, Script);

            Assert.Equal(7, result.ExitCode);
            Assert.True(stdout == result.Text, $"stdout of round {round} is not complete.\n{result}");
            Assert.True(stderr == result.ErrorText, $"stderr of round {round} is not complete.\n{result}");
        }

        static string Lines(char fill) =>
            string.Concat(Enumerable.Range(0, 1024).Select(line => $"{line:d7}{new string(fill, 1016)}\n"));
    }

    [RealSshTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32 * 1024)]
    [InlineData(5_000_001)]
    public async Task The_end_of_stdin_reaches_the_command(int length)
    {
        byte[] data = new byte[length];
        new Random(length).NextBytes(data);

        CommandResult result = await shared.Client.RunAsync(SharedGateway.Gamma, "cat; echo end >&2", data);

        Assert.True(result.Succeeded, result.ToString());
        Assert.Equal(data, result.Stdout);
        Assert.Equal("end\n", result.ErrorText);
    }

    [RealSshFact]
    public async Task Environment_variables_that_the_pod_accepts_arrive_and_others_do_not()
    {
        CommandResult result = await shared.Client
            .With("SetEnv=E2E_ONE=first E2E_TWO=\"two words\" OTHER=no")
            .RunAsync(SharedGateway.Alpha, "echo \"$E2E_ONE|$E2E_TWO|$OTHER|$POD\"");

        Assert.True(result.Succeeded, result.ToString());
        Assert.Equal("first|two words||alpha\n", result.Text);
    }

    [RealSshFact]
    public async Task A_shell_without_a_terminal_reads_its_commands_from_stdin()
    {
        byte[] script = Encoding.ASCII.GetBytes("tty; echo $POD\ncd /\npwd\nexit 3\n");

        CommandResult result = await Command.RunAsync(
            "ssh", [.. shared.Client.Arguments(SharedGateway.Beta), "-T", SshClient.Host], script);

        Assert.Equal(3, result.ExitCode);
        Assert.Equal("not a tty\nbeta\n/\n", result.Text);
    }

    [RealSshFact]
    public async Task The_banner_of_the_pods_sshd_is_shown()
    {
        string banner = Path.Combine(ScratchDirectory.New("banner"), "banner");
        await File.WriteAllTextAsync(banner, "Welcome to the pod.\nMind the gap.\n");
        await using PodSshd pod = await shared.AddPodAsync(
            "bannered", options => options with { ExtraConfig = [$"Banner {banner}"] });

        CommandResult result = await shared.Client.RunWhenKnownAsync("bannered", "echo $POD");

        Assert.True(result.Succeeded, result.ToString());
        Assert.Equal("bannered\n", result.Text);
        Assert.Contains("Welcome to the pod.", result.ErrorText, StringComparison.Ordinal);
        Assert.Contains("Mind the gap.", result.ErrorText, StringComparison.Ordinal);
    }
}
