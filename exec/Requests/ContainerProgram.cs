namespace SshGateway.Exec.Requests;

/// <summary>What runs in a container for one request.</summary>
/// <param name="Arguments">The program and its arguments.</param>
/// <param name="SwapsStatus">
/// Whether it ends with 255 where the command ended with 0, and the other way around. <see cref="ContainerCommand"/>
/// says why.
/// </param>
internal sealed record ContainerProgram(IReadOnlyList<string> Arguments, bool SwapsStatus)
{
    /// <summary>ssh's own for a connection that broke (ssh(1), EXIT STATUS).</summary>
    public const int Broken = 255;

    /// <summary>The exit status of the command.</summary>
    /// <param name="exitStatus">The program's.</param>
    public int StatusOf(int exitStatus) => (SwapsStatus, exitStatus) switch
    {
        (true, 0) => Broken,
        (true, Broken) => 0,
        _ => exitStatus,
    };
}
