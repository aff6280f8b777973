using SshGateway.Proxy.Pods;

namespace SshGateway.Proxy.Passthrough;

/// <summary>What all passthroughs share.</summary>
internal sealed record PassthroughServices(PassthroughLimits Limits, PipePool Pipes, PodConnector Connector);
