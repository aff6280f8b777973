using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;

namespace SshGateway.Operator.Feed;

/// <summary>sshgateway.v1.EndpointFeed: one stream per proxy, as endpoint_feed.proto describes it.</summary>
internal sealed class FeedService(
    EndpointTable table, UsageTable usage, HostKeyTable hostKeys, FeedMetrics metrics, IProxyAuthenticator authenticator, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<FeedService> logger)
{
    private const int MaximumWordLength = 128;
    private static readonly TimeSpan HelloLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FillLimit = TimeSpan.FromSeconds(10);

    // Beyond the token's expiry, as long as a new stream would be let in with it.
    private static readonly TimeSpan ExpiryGrace = TokenVerifier.ClockSkew;

    // However long the token is good for: proxies spread anew over the operators.
    private static readonly TimeSpan LongestStream = TimeSpan.FromDays(1);

    public async Task WatchAsync(GrpcServerCall<ProxyMessage, FeedMessage> call, CancellationToken cancellationToken)
    {
        ProxyIdentity identity = await authenticator.AuthenticateAsync(call.BearerToken, call.Peer, cancellationToken);
        Hello hello = await ReadHelloAsync(call, cancellationToken);
        if (!hello.ReportsOnly)
        {
            await AwaitTableAsync(cancellationToken);
        }
        FeedLog.StreamStarted(logger, hello.ProxyId, hello.Version, identity.Subject);

        using var expiry = new CancellationTokenSource(Remaining(identity), time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping, expiry.Token);
        using ProxyUsage proxyUsage = usage.Open(hello.ProxyId);
        var stream = new FeedStream(call, table, proxyUsage, hostKeys, metrics, time);
        metrics.Started(stream, hello.ReportsOnly);
        Task writing = hello.ReportsOnly ? stream.WriteHeartbeatsAsync(end.Token) : stream.WriteAsync(end.Token);
        Task reading = stream.ReadAsync(end.Token);
        try
        {
            await await Task.WhenAny(writing, reading);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, "the operator is shutting down");
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.Unauthenticated, "the token that this stream began with has expired");
        }
        catch (TimeoutException)
        {
            FeedLog.ProxyTakesNothing(logger, hello.ProxyId, FeedStream.WriteLimit.TotalSeconds);
            call.Cancel();
            throw new GrpcException(GrpcStatusCode.DeadlineExceeded, "the proxy took nothing");
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(writing, reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            metrics.Ended(stream);
            FeedLog.StreamEnded(logger, hello.ProxyId, stream.AppliedSequence);
        }
    }

    private TimeSpan Remaining(ProxyIdentity identity)
    {
        TimeSpan valid = identity.ExpiresAt - time.GetUtcNow();
        return valid < LongestStream ? valid + ExpiryGrace : LongestStream;
    }

    private async Task<Hello> ReadHelloAsync(GrpcServerCall<ProxyMessage, FeedMessage> call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(HelloLimit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        ProxyMessage? message;
        try
        {
            message = await call.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.DeadlineExceeded, $"no Hello came within {HelloLimit.TotalSeconds} s");
        }
        return message?.Hello switch
        {
            null => throw new GrpcException(GrpcStatusCode.InvalidArgument, "the first message of a stream must be a Hello"),
            { ProxyId.Length: 0 } => throw new GrpcException(GrpcStatusCode.InvalidArgument, "Hello.proxy_id is empty"),
            Hello hello when IsWord(hello.ProxyId) && IsWord(hello.Version) => hello,
            _ => throw new GrpcException(GrpcStatusCode.InvalidArgument,
                $"Hello.proxy_id and Hello.version must have at most {MaximumWordLength} characters, printable ASCII without spaces"),
        };
    }

    // Both are written to the log.
    private static bool IsWord(string text) => text.Length <= MaximumWordLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    // A stream that started with half of the table would make proxies drop the other half.
    private async Task AwaitTableAsync(CancellationToken cancellationToken)
    {
        try
        {
            await table.Filled.WaitAsync(FillLimit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, "the operator has not read all sessions yet");
        }
    }
}
