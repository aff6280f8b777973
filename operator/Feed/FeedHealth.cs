using Grpc.Core;
using Grpc.Health.V1;
using SshGateway.Feed;
using SshGateway.Operator.Table;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace SshGateway.Operator.Feed;

/// <summary>
/// Answers gRPC probes (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). Probes bring no token, so
/// Watch stays unimplemented: it would let anyone hold streams open.
/// </summary>
internal sealed class FeedHealth(EndpointTable table) : Health.HealthBase
{
    /// <summary>Answers for the server as a whole and for the feed.</summary>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (request.Service.Length != 0 && request.Service != EndpointFeed.Descriptor.FullName)
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"there is no service {request.Service}"));
        }
        return Task.FromResult(new HealthCheckResponse { Status = table.IsFilled ? ServingStatus.Serving : ServingStatus.NotServing });
    }
}
