using SshGateway.Shared.Grpc;

namespace SshGateway.Shared.Protos;

/// <summary>The methods of health.proto.</summary>
public static class HealthMethods
{
    public static GrpcMethod<HealthCheckRequest, HealthCheckResponse> Check { get; } =
        new("grpc.health.v1.Health", "Check", HealthCheckRequest.Parser, HealthCheckResponse.Parser);
}
