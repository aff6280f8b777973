using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Feed;

/// <summary>Reads the first message of a stream.</summary>
internal static class HelloReader
{
    private const int MaxWordLength = 128;
    private const int MaxEpochLength = 64;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <exception cref="RpcException">It does not come, or is no Hello as endpoint_feed.proto demands it.</exception>
    public static async Task<Hello> ReadAsync(FeedCall call, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        ProxyMessage? message;
        try
        {
            message = await call.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"no Hello came within {Limit.TotalSeconds} s"));
        }
        return message?.Hello switch
        {
            null => throw Wrong("the first message of a stream must be a Hello"),
            { ProxyId.Length: 0 } => throw Wrong("Hello.proxy_id is empty"),
            { Have.Epoch.Length: > MaxEpochLength } => throw Wrong($"Hello.have.epoch has more than {MaxEpochLength} characters"),
            { Minimum.Namespaces.Count: > ClusterVersions.MaxNamespaces } => throw Wrong($"Hello.minimum has more than {ClusterVersions.MaxNamespaces} namespaces"),
            Hello hello when IsWord(hello.ProxyId) && IsWord(hello.Version) => hello,
            _ => throw Wrong($"Hello.proxy_id and Hello.version must have at most {MaxWordLength} characters, printable ASCII without spaces"),
        };
    }

    // Both are written to the log.
    private static bool IsWord(string text) => text.Length <= MaxWordLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static RpcException Wrong(string what) => new(new Status(StatusCode.InvalidArgument, what));
}
