using System.Text;
using System.Text.Unicode;

namespace SshGateway.Exec.Requests;

/// <summary>What a client asks a session channel to run: RFC 4254 section 6.5.</summary>
/// <param name="Command">Of <see cref="ProcessKind.Exec"/>.</param>
internal sealed record ProcessRequest(ProcessKind Kind, string Command = "")
{
    /// <summary>Why it cannot run, for the user; null: it can.</summary>
    public string? Problem { get; private init; }

    public static ProcessRequest Exec(ReadOnlySpan<byte> command)
    {
        string? problem = command.Length > RequestLimits.Command ? $"The command has {command.Length} bytes. At most {RequestLimits.Command} fit into a request to the Kubernetes API. Write it into a file and run that."
            : command.Contains((byte)0) ? "The command has a NUL character, which no program's argument can have."
            : !Utf8.IsValid(command) ? "The command is not valid UTF-8. The Kubernetes API takes nothing else."
            : null;
        return new ProcessRequest(ProcessKind.Exec, problem is null ? Encoding.UTF8.GetString(command) : "") { Problem = problem };
    }
}

/// <summary>How a process was asked for.</summary>
internal enum ProcessKind
{
    /// <summary>The login shell.</summary>
    Shell,

    /// <summary>A command of the client's.</summary>
    Exec,

    /// <summary>The subsystem sftp.</summary>
    Sftp,
}
