using Grpc.Core;
using SshGateway.Feed;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>One stream of the proxy, at the operator's end.</summary>
internal sealed class ScriptedStream(IAsyncStreamReader<ProxyMessage> requests, IServerStreamWriter<FeedMessage> responses)
{
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void End() => Ended.TrySetResult();

    public async Task<ProxyMessage> ReadAsync()
    {
        using var expiry = new CancellationTokenSource(ScriptedOperator.Limit);
        return await requests.MoveNext(expiry.Token) ? requests.Current : null!;
    }

    public async Task SendAsync(params FeedMessage[] messages)
    {
        foreach (FeedMessage message in messages)
        {
            await responses.WriteAsync(message);
        }
    }
}
