using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;

namespace SshGateway.Tests.Feed;

/// <summary>One stream of the proxy, at the operator's end.</summary>
internal sealed class ScriptedStream(GrpcServerCall<ProxyMessage, FeedMessage> call)
{
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void End() => Ended.TrySetResult();

    public async Task<ProxyMessage> ReadAsync()
    {
        using var expiry = new CancellationTokenSource(ScriptedOperator.Limit);
        return (await call.ReadAsync(expiry.Token))!;
    }

    public async Task SendAsync(params FeedMessage[] messages)
    {
        foreach (FeedMessage message in messages)
        {
            await call.WriteAsync(message);
        }
    }
}
