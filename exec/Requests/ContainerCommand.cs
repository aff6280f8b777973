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

    // The first shell that is there replaces the one that looks for it. $1 is the command.
    private const string FindShell = LeaveRoot + "for s in /bin/bash /bin/sh; do [ -x \"$s\" ] && SHELL=\"$s\" && export SHELL && exec \"$s\" ";
    private const string LoginShell = FindShell + "-l; done";
    private const string CommandShell = FindShell + "-c \"$1\"; done";

    // Debian and Ubuntu; Alpine, Arch and SUSE; Red Hat and Fedora; others.
    private const string FindSftpServer = LeaveRoot
        + "for s in /usr/lib/openssh/sftp-server /usr/lib/ssh/sftp-server /usr/libexec/openssh/sftp-server /usr/libexec/sftp-server /usr/lib/sftp-server"
        + " /usr/local/libexec/sftp-server; do [ -x \"$s\" ] && exec \"$s\"; done; echo \"$1\" >&2; exit 127";

    private const string NoSftpServer =
        "This container has no sftp-server, which sftp and scp need. Install it in the image (openssh-sftp-server) or name its path in spec.exec.sftpServer.";

    /// <param name="variables">Assignments for env(1).</param>
    /// <param name="forced">The command that runs in place of any other; null: none.</param>
    public static IReadOnlyList<string> Create(ExecSession session, ProcessRequest request, IEnumerable<string> variables, string? forced)
    {
        List<string> assignments = [.. variables];
        IReadOnlyList<string> program;
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
            program = Shell(session, command);
        }
        return assignments.Count == 0 ? program : ["env", .. assignments, .. program];
    }

    /// <summary>What the user can do when the container's runtime cannot start the program.</summary>
    public static string Hint(ExecSession session, ProcessRequest request) => request.Kind == ProcessKind.Sftp
        ? session.SftpServer.Length > 0 ? $"spec.exec.sftpServer names {session.SftpServer}." : "Finding the sftp-server needs /bin/sh in the container, or spec.exec.sftpServer."
        : session.Shell.Length > 0 ? $"spec.exec.shell names {session.Shell}." : "The container needs /bin/sh, or spec.exec.shell must name its shell.";

    private static string[] Shell(ExecSession session, string? command) => (session.Shell, command) switch
    {
        ("", null) => ["/bin/sh", "-c", LoginShell],
        ("", _) => ["/bin/sh", "-c", CommandShell, "sh", command],
        (var shell, null) => [shell, "-l"],
        var (shell, _) => [shell, "-c", command],
    };

    private static string[] Sftp(ExecSession session) => session.SftpServer.Length > 0 ? [session.SftpServer] : ["/bin/sh", "-c", FindSftpServer, "sh", NoSftpServer];
}
