namespace SshGateway.Ssh.Sockets.Native;

/// <summary>What splice says instead of a count. 0 as a count: the source has ended.</summary>
internal static class SpliceResult
{
    /// <summary>The source has nothing now, or the destination takes nothing.</summary>
    public const int WouldBlock = -1;

    /// <summary>This kernel, or what stands for it, does not splice these.</summary>
    public const int Unsupported = -2;

    /// <summary>One of the two is broken.</summary>
    public const int Broken = -3;
}
