using Grpc.AspNetCore.Server;
using SshGateway.Feed;

namespace SshGateway.Operator.Feed;

/// <summary>The bounds of the operator's gRPC.</summary>
internal static class FeedGrpc
{
    public static void AddFeedGrpc(this IServiceCollection services)
    {
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = FeedLimits.MaxMessageBytes;
            grpc.MaxSendMessageSize = FeedLimits.MaxMessageBytes;
        });
        // Nobody compresses, and the library would inflate before a token is checked. It adds gzip and deflate to an
        // empty list, so they go after that.
        services.PostConfigure<GrpcServiceOptions>(grpc => grpc.CompressionProviders.Clear());
    }
}
