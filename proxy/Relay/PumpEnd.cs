namespace SshGateway.Proxy.Relay;

/// <summary>Why a pump stopped.</summary>
/// <param name="Cause">What happened.</param>
/// <param name="Reason">The reason code of a DISCONNECT.</param>
/// <param name="Text">The words of a DISCONNECT, or what was wrong.</param>
internal readonly record struct PumpEnd(PumpEndCause Cause, uint Reason = 0, string Text = "");
