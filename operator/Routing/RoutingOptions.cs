namespace SshGateway.Operator.Routing;

/// <param name="AllowLoopbackPods">Accept pods with a loopback address.</param>
/// <param name="AllowUnlabelledPods">Accept a pod without the session label that a session names with a pinned uid.</param>
internal sealed record RoutingOptions(bool AllowLoopbackPods, bool AllowUnlabelledPods);
