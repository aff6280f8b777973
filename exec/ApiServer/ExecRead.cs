namespace SshGateway.Exec.ApiServer;

/// <summary>What one read of an <see cref="ExecStream"/> returned.</summary>
internal enum ExecReadKind
{
    /// <summary>Bytes of the standard output, or of the terminal.</summary>
    Output,

    /// <summary>Bytes of the standard error.</summary>
    ErrorOutput,

    /// <summary>The command has ended and has an exit status.</summary>
    Exited,

    /// <summary>The stream has ended and there is no exit status.</summary>
    Failed,
}

/// <summary>One piece of output, or the end.</summary>
/// <param name="Count">How many bytes of output are in the buffer; never 0 for output.</param>
/// <param name="ExitStatus">The command's, if it <see cref="ExecReadKind.Exited"/>.</param>
/// <param name="Failure">Why there is none, if the stream <see cref="ExecReadKind.Failed"/>.</param>
internal readonly record struct ExecRead(ExecReadKind Kind, int Count = 0, int ExitStatus = 0, ApiServerException? Failure = null)
{
    public bool IsEnd => Kind is ExecReadKind.Exited or ExecReadKind.Failed;
}
