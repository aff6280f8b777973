namespace SshGateway.Exec.Requests;

/// <summary>Bounds of what a client asks for on a session channel.</summary>
internal static class RequestLimits
{
    /// <summary>
    /// Bytes of a command. It travels in a URL, of which kube-apiserver and kubelet take 1 MiB, and becomes one
    /// argument, of which Linux takes 128 KiB.
    /// </summary>
    public const int Command = 64 * 1024;

    /// <summary>Environment variables: sshd's limit (session.c, session_env_req).</summary>
    public const int Variables = 128;

    /// <summary>Bytes of a variable's name.</summary>
    public const int VariableName = 128;

    /// <summary>Bytes of a variable's value. All of them travel in the URL with the command.</summary>
    public const int VariableValue = 1024;

    /// <summary>Bytes of all variables together.</summary>
    public const int AllVariables = 16 * 1024;

    /// <summary>Bytes of a terminal's name.</summary>
    public const int TerminalName = 64;

    /// <summary>Bytes of the encoded terminal modes: each of RFC 4254's 256 opcodes once.</summary>
    public const int TerminalModes = (256 * 5) + 1;
}
