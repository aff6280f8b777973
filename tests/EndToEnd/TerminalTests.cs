using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>An interactive shell in a real terminal.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class TerminalTests(SharedGateway shared)
{
    [RealSshFact("setsid", "stty")]
    public async Task A_login_shell_has_a_terminal_that_follows_the_windows_size()
    {
        await using Pty terminal = Pty.Start(24, 80, $"{shared.Client.CommandLine(SharedGateway.Alpha)} {SshClient.Host}");

        // Commands are typed so that their echo on the terminal differs from their output.
        terminal.Type("echo pod=$POD term=$TERM; tty | cut -c1-8\n");
        await terminal.WaitForAsync("pod=alpha term=xterm");
        await terminal.WaitForAsync("/dev/pts");
        terminal.Type("trap 'echo size=$(stty size)' WINCH; echo size=$(stty size)\n");
        await terminal.WaitForAsync("size=24 80");

        terminal.Resize(50, 132);

        // bash runs a trap once the foreground command ends: wait keeps none in the foreground.
        terminal.Type("sleep 5 & wait\n");
        await terminal.WaitForAsync("size=50 132");
        terminal.Type("exit 9\n");
        Assert.Equal(9, await terminal.WaitForExitAsync());
    }

    [RealSshFact("setsid")]
    public async Task The_interrupt_key_reaches_the_foreground_command()
    {
        await using Pty terminal = Pty.Start(24, 80, $"{shared.Client.CommandLine(SharedGateway.Beta)} {SshClient.Host}");

        // The process that is to be interrupted writes the word: between two commands, bash may be in the foreground.
        terminal.Type("sh -c 'echo st\"\"arted; exec sleep 100'\n");
        await terminal.WaitForAsync("started");
        terminal.Type("\u0003");
        await terminal.WaitForAsync("^C");
        terminal.Type("echo status=$?; exit 0\n");
        await terminal.WaitForAsync("status=130");
        Assert.Equal(0, await terminal.WaitForExitAsync());
    }
}
