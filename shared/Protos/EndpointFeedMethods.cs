using SshGateway.Shared.Grpc;

namespace SshGateway.Shared.Protos;

/// <summary>The methods of endpoint_feed.proto.</summary>
public static class EndpointFeedMethods
{
    public static GrpcMethod<ProxyMessage, FeedMessage> Watch { get; } =
        new("sshgateway.v1.EndpointFeed", "Watch", ProxyMessage.Parser, FeedMessage.Parser);
}
