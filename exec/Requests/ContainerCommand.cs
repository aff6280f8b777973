using SshGateway.Exec.Sessions;

namespace SshGateway.Exec.Requests;

/// <summary>
/// The program and arguments that do in a container what sshd does on a host. Nothing of the client's is part of a
/// script: commands are arguments.
/// </summary>
internal static class ContainerCommand
{
    private const string InternalSftp = "internal-sftp";

    // An image without a working directory starts programs in /, where few may write. sshd starts them at home.
    private const string LeaveRoot = "[ \"$PWD\" != / ] || cd \"${HOME:-/}\" 2>/dev/null || :; ";

    private const string FindShell = LeaveRoot + "SHELL=/bin/sh; [ -x /bin/bash ] && SHELL=/bin/bash; export SHELL; ";
    private const string Login = "\"$SHELL\" -l";

    // $1 is the command.
    private const string Command = "\"$SHELL\" -c \"$1\"";

    // Since Kubernetes 1.30, the API server translates v5 for kubelet, and reports success when its connection to the
    // node breaks (client-go, tools/remotecommand/errorstream.go: no status is success). So the success of a command
    // must be another status.
    private const string SwapStatus = "; e=$?; case $e in 0) exit 255;; 255) exit 0;; esac; exit $e";

    // Debian and Ubuntu; Alpine, Arch and SUSE; Red Hat and Fedora; others.
    private const string FindSftpServer = LeaveRoot
        + "for s in /usr/lib/openssh/sftp-server /usr/lib/ssh/sftp-server /usr/libexec/openssh/sftp-server /usr/libexec/sftp-server /usr/lib/sftp-server"
        + " /usr/local/libexec/sftp-server; do [ -x \"$s\" ] && exec \"$s\"; done; echo \"$1\" >&2; exit 127";

    private const string NoSftpServer =
        "This container has no sftp-server, which sftp and scp need. Install it in the image (openssh-sftp-server) or name its path in spec.exec.sftpServer.";

    // The syntax of others is not known.
    private static readonly HashSet<string> ShellsLikeSh = ["sh", "ash", "bash", "dash", "ksh", "mksh", "yash", "zsh"];

    /// <param name="variables">Assignments for env(1).</param>
    /// <param name="hasTerminal">A terminal's stream goes to kubelet itself, by v4.</param>
    /// <param name="forced">The command that runs in place of any other; null: none.</param>
    public static ContainerProgram Create(ExecSession session, ProcessRequest request, IEnumerable<string> variables, bool hasTerminal, string? forced)
    {
        List<string> assignments = [.. variables];
        string[] program;
        bool swapsStatus = false;
        if (forced == InternalSftp || (forced is null && request.Kind == ProcessKind.Sftp))
        {
            program = Sftp(session);
        }
        else
        {
            string? command = forced ?? (request.Kind == ProcessKind.Exec ? request.Command : null);
            if (forced is not null && request.Kind != ProcessKind.Shell)
            {
                // As sshd: the forced command can see what was asked for.
                assignments.Add($"SSH_ORIGINAL_COMMAND={(request.Kind == ProcessKind.Sftp ? "sftp-server" : request.Command)}");
            }
            if (session.Shell.Length > 0)
            {
                assignments.Add($"SHELL={session.Shell}");
            }
            swapsStatus = !hasTerminal && (session.Shell.Length == 0 || ShellsLikeSh.Contains(Path.GetFileName(session.Shell)));
            program = Shell(session.Shell, command, swapsStatus);
        }
        return new ContainerProgram(assignments.Count == 0 ? program : ["env", .. assignments, .. program], swapsStatus);
    }

    /// <summary>What the user can do when the container's runtime cannot start the program.</summary>
    public static string Hint(ExecSession session, ProcessRequest request) => request.Kind == ProcessKind.Sftp
        ? session.SftpServer.Length > 0 ? $"spec.exec.sftpServer names {session.SftpServer}." : "Finding the sftp-server needs /bin/sh in the container, or spec.exec.sftpServer."
        : session.Shell.Length > 0 ? $"spec.exec.shell names {session.Shell}." : "The container needs /bin/sh, or spec.exec.shell must name its shell.";

    private static string[] Shell(string named, string? command, bool swapsStatus)
    {
        if (named.Length > 0 && !swapsStatus)
        {
            return command is null ? [named, "-l"] : [named, "-c", command];
        }
        string run = command is null ? Login : Command;
        string script = (named.Length > 0 ? "" : FindShell) + (swapsStatus ? run + SwapStatus : "exec " + run);
        string shell = named.Length > 0 ? named : "/bin/sh";
        return command is null ? [shell, "-c", script, "sh"] : [shell, "-c", script, "sh", command];
    }

    private static string[] Sftp(ExecSession session) => session.SftpServer.Length > 0 ? [session.SftpServer] : ["/bin/sh", "-c", FindSftpServer, "sh", NoSftpServer];
}
