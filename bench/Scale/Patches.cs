namespace SshGateway.Bench.Scale;

/// <summary>When each pod's patch was sent, and when the API server answered it.</summary>
internal sealed class Patches
{
    public Dictionary<string, long> Sent { get; } = [];

    public Dictionary<string, long> Answered { get; } = [];

    /// <summary>0: each when the one before had arrived.</summary>
    public double PerSecond { get; set; }
}
