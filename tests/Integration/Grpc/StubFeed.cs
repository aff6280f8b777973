using Grpc.Core;
using SshGateway.Feed;

namespace SshGateway.Tests.Integration.Grpc;

/// <summary>The feed as other operators would serve it: by the generated base class.</summary>
internal sealed class StubFeed(Func<IAsyncStreamReader<ProxyMessage>, IServerStreamWriter<FeedMessage>, ServerCallContext, Task> watch) : EndpointFeed.EndpointFeedBase
{
    public override Task Watch(IAsyncStreamReader<ProxyMessage> requestStream, IServerStreamWriter<FeedMessage> responseStream, ServerCallContext context) =>
        watch(requestStream, responseStream, context);
}
