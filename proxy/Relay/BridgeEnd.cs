using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Relay;

/// <summary>How an established session ended.</summary>
/// <param name="End">The outcome.</param>
/// <param name="Detail">What was wrong, if anything.</param>
internal readonly record struct BridgeEnd(ConnectionEnd End, string? Detail);
