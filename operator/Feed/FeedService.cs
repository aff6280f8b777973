using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Model;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.Feed;

/// <summary>sshgateway.v1.EndpointFeed: one stream per proxy, as endpoint_feed.proto describes it.</summary>
internal sealed class FeedService(
    EndpointTable table, UsageTable usage, HostKeyTable hostKeys, FeedMetrics metrics, IProxyAuthenticator authenticator, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<FeedService> logger) : SerializedFeed
{
    private static readonly TimeSpan FillLimit = TimeSpan.FromSeconds(10);

    // How long a proxy waits here for us to see what it has seen. Then another replica may have.
    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromSeconds(10);

    // What is merely on its way is there by then.
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);

    private const int LoggedNamespaces = 5;

    // All proxies of an operator that ends come to the others at the same time.
    private static readonly TimeSpan MaxSpread = TimeSpan.FromSeconds(1);

    // Beyond the token's expiry, as long as a new stream would be let in with it.
    private static readonly TimeSpan ExpiryGrace = TokenVerifier.ClockSkew;

    // However long the token is good for: proxies spread anew over the operators.
    private static readonly TimeSpan MaxStream = TimeSpan.FromDays(1);

    public override async Task Watch(IAsyncStreamReader<ProxyMessage> requestStream, IServerStreamWriter<SerializedMessage> responseStream, ServerCallContext context)
    {
        var call = new FeedCall(requestStream, responseStream, context);
        await call.BeginAsync();
        await WatchAsync(call, context.CancellationToken);
    }

    private async Task WatchAsync(FeedCall call, CancellationToken cancellationToken)
    {
        ProxyIdentity identity = await authenticator.AuthenticateAsync(call.BearerToken, call.Peer, cancellationToken);
        Hello hello = await HelloReader.ReadAsync(call, time, cancellationToken);
        if (!hello.ReportsOnly)
        {
            await AwaitTableAsync(cancellationToken);
        }
        LogStarted(hello, identity);

        using var expiry = new CancellationTokenSource(Remaining(identity), time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping, expiry.Token);
        using ProxyUsage proxyUsage = usage.Open(hello.ProxyId, hello.ReportsOnly);
        var stream = new FeedStream(call, table, proxyUsage, hostKeys, identity.Pod ?? hello.ProxyId, metrics, time);
        metrics.Started(stream, hello.ReportsOnly);
        try
        {
            GoAwayReason? reason;
            TimeSpan retryAfter = TimeSpan.Zero;
            try
            {
                reason = await RunAsync(stream, proxyUsage, hello, end);
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                (reason, retryAfter) = (GoAwayReason.ShuttingDown, MaxSpread * Random.Shared.NextDouble());
            }
            catch (OperationCanceledException) when (expiry.IsCancellationRequested)
            {
                reason = GoAwayReason.TokenExpired;
            }
            if (reason is { } endReason)
            {
                await EndAsync(stream, endReason, retryAfter);
            }
        }
        catch (TimeoutException)
        {
            throw TakesNothing(call, hello);
        }
        finally
        {
            metrics.Ended(stream);
            LogEnded(hello, stream);
        }
    }

    private void LogStarted(Hello hello, ProxyIdentity identity)
    {
        if (hello.ReportsOnly)
        {
            FeedLog.ReportsStarted(logger, hello.ProxyId, hello.Version, identity.Subject);
        }
        else
        {
            FeedLog.StreamStarted(logger, hello.ProxyId, hello.Version, identity.Subject);
        }
    }

    private void LogEnded(Hello hello, FeedStream stream)
    {
        if (hello.ReportsOnly)
        {
            FeedLog.ReportsEnded(logger, hello.ProxyId);
        }
        else
        {
            FeedLog.StreamEnded(logger, hello.ProxyId, stream.AppliedSequence);
        }
    }

    /// <returns>Why the proxy is sent away; null: it has hung up.</returns>
    private async Task<GoAwayReason?> RunAsync(FeedStream stream, ProxyUsage proxyUsage, Hello hello, CancellationTokenSource end)
    {
        // A token that ran out while it was verified opens nothing.
        end.Token.ThrowIfCancellationRequested();
        Task reading = stream.ReadAsync(end.Token);
        Task<GoAwayReason> writing = proxyUsage.OpenConnections is { } connections ? stream.WriteRequestsAsync(connections.Requests, end.Token) : WriteAsync(stream, hello, end.Token);
        try
        {
            await await Task.WhenAny(writing, reading);
            return writing.IsCompletedSuccessfully ? await writing : null;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(writing, reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<GoAwayReason> WriteAsync(FeedStream stream, Hello hello, CancellationToken cancellationToken)
    {
        if (hello.Minimum is { } minimum && !await TryCatchUpAsync(hello, VersionsEncoding.Decode(minimum), cancellationToken))
        {
            return GoAwayReason.Behind;
        }
        return await stream.WriteAsync(hello.Have, cancellationToken);
    }

    // A proxy that has seen more than we have would go back in time.
    private async Task<bool> TryCatchUpAsync(Hello hello, ClusterVersions minimum, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(CatchUpLimit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using ITimer asking = time.CreateTimer(_ => table.RequestCatchUp(minimum), null, AskInterval, AskInterval);
        try
        {
            await table.ReachAsync(minimum, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            FeedLog.Behind(logger, hello.ProxyId, string.Join("; ", table.Versions.Lacking(minimum).Take(LoggedNamespaces).Select(Describe)));
            return false;
        }
    }

    // By our own names: the proxy's may be anything.
    private static string Describe((ReadVersions Own, ReadVersions Seen) lacking) =>
        $"{(lacking.Own.Namespace is { Length: > 0 } name ? name : "all namespaces")}: sessions {lacking.Own.Sessions} of {lacking.Seen.Sessions}, pods {lacking.Own.Pods} of {lacking.Seen.Pods}"
        + $"{DescribeKeys("ConfigMaps", lacking.Own.ConfigMaps, lacking.Seen.ConfigMaps)}{DescribeKeys("Secrets", lacking.Own.Secrets, lacking.Seen.Secrets)}";

    private static string DescribeKeys(string what, ulong own, ulong seen) => own == 0 ? "" : $", {what} {own} of {seen}";

    // Who does not know the message learns the same from the status.
    private static async Task EndAsync(FeedStream stream, GoAwayReason reason, TimeSpan retryAfter)
    {
        await stream.WriteGoAwayAsync(new GoAway { Reason = reason, RetryAfter = (uint)retryAfter.TotalMilliseconds });
        throw reason switch
        {
            GoAwayReason.TokenExpired => new RpcException(new Status(StatusCode.Unauthenticated, "the token that this stream began with has expired")),
            GoAwayReason.ShuttingDown => new RpcException(new Status(StatusCode.Unavailable, "the operator is shutting down")),
            GoAwayReason.Behind => new RpcException(new Status(StatusCode.Unavailable, "the operator has not yet seen what the proxy has seen")),
            _ => new RpcException(new Status(StatusCode.Unavailable, "the cluster was put back to an earlier state")),
        };
    }

    private RpcException TakesNothing(FeedCall call, Hello hello)
    {
        FeedLog.ProxyTakesNothing(logger, hello.ProxyId, FeedStream.WriteLimit.TotalSeconds);
        call.Reset();
        return new RpcException(new Status(StatusCode.DeadlineExceeded, "the proxy took nothing"));
    }

    private TimeSpan Remaining(ProxyIdentity identity)
    {
        TimeSpan valid = identity.ExpiresAt - time.GetUtcNow();
        // The token may have run out while it was verified.
        return valid >= MaxStream ? MaxStream : valid > -ExpiryGrace ? valid + ExpiryGrace : TimeSpan.Zero;
    }

    // A stream that started with half of the table would make proxies drop the other half.
    private async Task AwaitTableAsync(CancellationToken cancellationToken)
    {
        try
        {
            await table.Filled.WaitAsync(FillLimit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the operator has not read all sessions yet"));
        }
    }
}
