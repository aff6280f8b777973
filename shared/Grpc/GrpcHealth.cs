using SshGateway.Shared.Protos;
using static SshGateway.Shared.Protos.HealthCheckResponse.Types;

namespace SshGateway.Shared.Grpc;

/// <summary>grpc.health.v1.Health/Check, for gRPC probes.</summary>
public static class GrpcHealth
{
    /// <summary>Adds the check of the server as a whole and of one service of it.</summary>
    public static void AddHealth(this GrpcServer server, string service, Func<bool> isServing)
    {
        ArgumentNullException.ThrowIfNull(server);
        server.AddUnary(HealthMethods.Check, (request, _) =>
        {
            if (request.Service.Length != 0 && request.Service != service)
            {
                throw new GrpcException(GrpcStatusCode.NotFound, $"there is no service {request.Service}");
            }
            return ValueTask.FromResult(new HealthCheckResponse { Status = isServing() ? ServingStatus.Serving : ServingStatus.NotServing });
        });
    }
}
