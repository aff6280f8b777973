namespace SshGateway.Proxy.Relay;

/// <summary>What stopped a pump.</summary>
internal enum PumpEndCause
{
    /// <summary>The source closed its connection.</summary>
    SourceClosed,

    /// <summary>The source sent a DISCONNECT.</summary>
    SourceDisconnected,

    /// <summary>The source's connection broke.</summary>
    SourceLost,

    /// <summary>The source broke the protocol.</summary>
    SourceViolation,

    /// <summary>The destination's connection broke.</summary>
    DestinationLost,
}

/// <summary>Why a pump stopped.</summary>
/// <param name="Reason">The reason code of a DISCONNECT.</param>
/// <param name="Text">The words of a DISCONNECT, or what was wrong.</param>
internal readonly record struct PumpEnd(PumpEndCause Cause, uint Reason = 0, string Text = "");
