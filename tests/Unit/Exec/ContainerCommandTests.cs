using System.Diagnostics;
using System.Text;
using SshGateway.Exec.Requests;
using SshGateway.Exec.Sessions;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Exec;

/// <summary>What runs in a container, run here: by this machine's own env, sh and bash.</summary>
public sealed class ContainerCommandTests
{
    private static readonly ExecSession Session = new("abc12", "agents", "pod-1", "uid-1", "agent");

    [Theory]
    [InlineData("echo hello; exit 3", "hello\n", 3)]
    [InlineData("printf '%s\n' \"$0\"", "/bin/bash\n", 0)]
    [InlineData("echo \"$SHELL\"", "/bin/bash\n", 0)]
    [InlineData("echo '$(date)' \"a  b\" \\\"; #", "$(date) a  b \"\n", 0)]
    [InlineData("shopt -q login_shell && echo login || echo plain", "plain\n", 0)]
    public async Task A_command_runs_in_the_first_shell_that_is_there(string command, string output, int status)
    {
        CommandResult result = await RunAsync(Session, ProcessRequest.Exec(Encoding.UTF8.GetBytes(command)));
        Assert.Equal(output, result.Text);
        Assert.Equal(status, result.ExitCode);
    }

    [Fact]
    public async Task A_shell_is_a_login_shell()
    {
        CommandResult result = await RunAsync(Session, new ProcessRequest(ProcessKind.Shell), input: "shopt -q login_shell && echo login $SHELL; exit 4\n");
        Assert.Equal("login /bin/bash\n", result.Text);
        Assert.Equal(4, result.ExitCode);
    }

    [Fact]
    public async Task The_session_may_name_its_shell()
    {
        ExecSession session = Session with { Shell = "/bin/sh" };
        CommandResult result = await RunAsync(session, ProcessRequest.Exec("echo \"$0 $SHELL\""u8));
        Assert.Equal("/bin/sh /bin/sh\n", result.Text);
        Assert.Equal(["env", "SHELL=/bin/sh", "/bin/sh", "-l"], ContainerCommand.Create(session, new ProcessRequest(ProcessKind.Shell), [], hasTerminal: true, forced: null).Arguments);
        session = Session with { Shell = "/usr/bin/fish" };
        Assert.Equal(["env", "SHELL=/usr/bin/fish", "/usr/bin/fish", "-c", "x"], Create(session, ProcessRequest.Exec("x"u8)).Arguments);
    }

    [Theory]
    [InlineData("/", "home")]
    [InlineData("work", "work")]
    public async Task Programs_start_in_the_images_working_directory_or_at_home(string working, string expected)
    {
        string scratch = ScratchDirectory.New("working-directory");
        string home = Directory.CreateDirectory(Path.Combine(scratch, "home")).FullName;
        Directory.CreateDirectory(Path.Combine(scratch, "work"));
        string[] container = ["-C", Path.Combine(scratch, working), $"HOME={home}"];
        CommandResult shell = await Command.RunAsync("env", [.. container, .. Create(Session, ProcessRequest.Exec("pwd"u8)).Arguments]);
        Assert.Equal(Path.Combine(scratch, expected), shell.Text.TrimEnd());
    }

    [Fact]
    public async Task A_home_that_is_not_there_is_not_an_error()
    {
        ContainerProgram program = Create(Session, ProcessRequest.Exec("pwd"u8));
        CommandResult result = await Command.RunAsync("env", ["-C", "/", "HOME=/nowhere", .. program.Arguments]);
        Assert.Equal("/\n", result.Text);
        Assert.Equal("", result.ErrorText);
    }

    [Fact]
    public async Task Variables_reach_the_command_as_they_are()
    {
        var environment = new ClientEnvironment(["GIT_*"]);
        Assert.True(environment.TryAdd("LC_ALL"u8, "C"u8));
        Assert.True(environment.TryAdd("GIT_AUTHOR_NAME"u8, "Zoë \"'$(x)` =\n2"u8));
        CommandResult result = await RunAsync(Session, ProcessRequest.Exec("printf %s \"$LC_ALL|$GIT_AUTHOR_NAME|$TERM\""u8), [.. environment.Assignments, "TERM=xterm"]);
        Assert.Equal("C|Zoë \"'$(x)` =\n2|xterm", result.Text);
    }

    [Theory]
    [InlineData("TERM", "xterm", false)]
    [InlineData("LD_PRELOAD", "/x.so", false)]
    [InlineData("lang", "C", false)]
    [InlineData("LANG", "C", true)]
    [InlineData("LANGUAGE", "C", false)]
    [InlineData("LC_", "C", true)]
    [InlineData("GIT_X", "1", true)]
    [InlineData("GIT_-S", "1", false)]
    [InlineData("GIT_X=Y", "1", false)]
    [InlineData("GIT X", "1", false)]
    [InlineData("", "1", false)]
    [InlineData("LC_A", "a\0b", false)]
    [InlineData("1LC_A", "a", false)]
    public void Only_accepted_variables_are_set(string name, string value, bool accepted) =>
        Assert.Equal(accepted, new ClientEnvironment(["GIT_*"]).TryAdd(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value)));

    [Fact]
    public void Variables_are_bounded()
    {
        var environment = new ClientEnvironment(["*"]);
        Assert.False(environment.TryAdd("A"u8, new byte[RequestLimits.VariableValue + 1]));
        Assert.False(environment.TryAdd(Encoding.ASCII.GetBytes(new string('A', RequestLimits.VariableName + 1)), "x"u8));
        Assert.False(environment.TryAdd("A"u8, [0xff]));
        int added = Enumerable.Range(0, 1000).Count(i => environment.TryAdd(Encoding.ASCII.GetBytes($"V{i}"), "x"u8));
        Assert.Equal(RequestLimits.Variables, added);
        var same = new ClientEnvironment(["*"]);
        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => same.TryAdd("A"u8, Encoding.ASCII.GetBytes(new string('x', RequestLimits.VariableValue)))), 1, 16);
    }

    [Theory]
    [InlineData("sftp")]
    [InlineData("internal-sftp")]
    public async Task Sftp_is_found_at_its_usual_places(string how)
    {
        ContainerProgram program = ContainerCommand.Create(
            Session, how == "sftp" ? new ProcessRequest(ProcessKind.Sftp) : ProcessRequest.Exec("anything"u8), [], hasTerminal: false, how == "sftp" ? null : how);
        using Process server = StartedProcesses.Start(new ProcessStartInfo(program.Arguments[0], program.Arguments.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true });
        // SSH_FXP_INIT, version 3; SSH_FXP_VERSION comes back.
        await server.StandardInput.BaseStream.WriteAsync(new byte[] { 0, 0, 0, 5, 1, 0, 0, 0, 3 });
        await server.StandardInput.BaseStream.FlushAsync();
        byte[] answer = new byte[5];
        await server.StandardOutput.BaseStream.ReadExactlyAsync(answer).Limited();
        await StartedProcesses.EndAsync(server);
        Assert.Equal(2, answer[4]);
    }

    [Fact]
    public async Task Without_an_sftp_server_a_sentence_says_what_is_missing()
    {
        ContainerProgram program = Create(Session, new ProcessRequest(ProcessKind.Sftp));
        // The same script where none of the usual places has one.
        string script = program.Arguments[2].Replace("/usr/", "/nowhere/", StringComparison.Ordinal);
        CommandResult result = await Command.RunAsync(program.Arguments[0], ["-c", script, .. program.Arguments.Skip(3)]);
        Assert.Equal(127, result.ExitCode);
        Assert.Contains("no sftp-server", result.ErrorText, StringComparison.Ordinal);
        Assert.Contains("spec.exec.sftpServer", result.ErrorText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProcessKind.Shell, "", "")]
    [InlineData(ProcessKind.Exec, "rm -rf \"/\"", "rm -rf \"/\"")]
    [InlineData(ProcessKind.Sftp, "", "sftp-server")]
    public async Task A_forced_command_runs_in_place_of_any_other(object kind, string asked, string original)
    {
        ProcessRequest request = (ProcessKind)kind == ProcessKind.Exec ? ProcessRequest.Exec(Encoding.UTF8.GetBytes(asked)) : new ProcessRequest((ProcessKind)kind);
        ContainerProgram program = ContainerCommand.Create(Session, request, [], hasTerminal: false, "printf '%s' \"forced $SSH_ORIGINAL_COMMAND\"");
        CommandResult result = await RunAsync(program);
        Assert.Equal($"forced {original}", result.Text);
    }

    [Fact]
    public void A_command_that_the_API_cannot_take_is_refused_with_a_sentence()
    {
        Assert.Contains("65537 bytes", ProcessRequest.Exec(new byte[RequestLimits.Command + 1]).Problem, StringComparison.Ordinal);
        Assert.Contains("NUL", ProcessRequest.Exec("a\0b"u8).Problem, StringComparison.Ordinal);
        Assert.Contains("UTF-8", ProcessRequest.Exec([0xff]).Problem, StringComparison.Ordinal);
        Assert.Null(ProcessRequest.Exec(Encoding.UTF8.GetBytes(new string('x', RequestLimits.Command))).Problem);
    }

    [Theory]
    [InlineData("", 0, 255)]
    [InlineData("", 1, 1)]
    [InlineData("", 254, 254)]
    [InlineData("", 255, 0)]
    [InlineData("/bin/sh", 0, 255)]
    [InlineData("/bin/bash", 3, 3)]
    [InlineData("/bin/bash", 255, 0)]
    public async Task Without_a_terminal_0_and_255_are_swapped(string shell, int status, int exitStatus)
    {
        ExecSession session = Session with { Shell = shell };
        ContainerProgram program = Create(session, ProcessRequest.Exec(Encoding.UTF8.GetBytes($"exit {status}")));
        Assert.Equal(exitStatus, (await RunAsync(program)).ExitCode);
        Assert.Equal(status, program.StatusOf(exitStatus));
        program = Create(session, new ProcessRequest(ProcessKind.Shell));
        Assert.Equal(exitStatus, (await RunAsync(program, $"exit {status}\n")).ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/bin/bash")]
    public async Task With_a_terminal_nothing_is_swapped_and_nothing_else_stays(string shell)
    {
        ContainerProgram program = ContainerCommand.Create(Session with { Shell = shell }, ProcessRequest.Exec("echo $PPID $SHELL"u8), [], hasTerminal: true, forced: null);
        CommandResult result = await RunAsync(program);
        Assert.Equal($"{Environment.ProcessId} /bin/bash\n", result.Text);
        Assert.Equal((0, 0), (result.ExitCode, program.StatusOf(0)));
    }

    private static async Task<CommandResult> RunAsync(ExecSession session, ProcessRequest request, IEnumerable<string>? variables = null, string input = "")
    {
        ContainerProgram program = Create(session, request, variables);
        CommandResult result = await RunAsync(program, input);
        return result with { ExitCode = program.StatusOf(result.ExitCode) };
    }

    // Without a terminal and a forced command.
    private static ContainerProgram Create(ExecSession session, ProcessRequest request, IEnumerable<string>? variables = null) =>
        ContainerCommand.Create(session, request, variables ?? [], hasTerminal: false, forced: null);

    private static Task<CommandResult> RunAsync(ContainerProgram program, string input = "") =>
        Command.RunAsync(program.Arguments[0], [.. program.Arguments.Skip(1)], Encoding.UTF8.GetBytes(input));
}
