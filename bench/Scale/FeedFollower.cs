using System.Diagnostics;
using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Scale;

/// <summary>A client of the feed that only asks for the table: when it was complete, and what its hash is.</summary>
internal sealed class FeedFollower : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<(long At, ulong Count, ulong Hash)> _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    public FeedFollower(Uri feed, FeedKeys keys) => _reading = FollowAsync(feed, keys.Credentials(keys.Token()));

    /// <summary>When the snapshot was complete, and what the operator says of it.</summary>
    public Task<(long At, ulong Count, ulong Hash)> Synced => _synced.Task;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task FollowAsync(Uri feed, OperatorCredentials credentials)
    {
        while (true)
        {
            try
            {
                using var stream = new OperatorStream(feed, credentials, null, _ending.Token);
                await stream.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = "bench", Version = "0" } });
                while (await stream.ReadAsync() is { } message)
                {
                    if (message.SyncComplete is { } complete)
                    {
                        _synced.TrySetResult((Stopwatch.GetTimestamp(), complete.Count, complete.Hash));
                    }
                }
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable && !_synced.Task.IsCompleted)
            {
                // It is starting.
                await Task.Delay(20, _ending.Token);
            }
        }
    }
}
