using System.Collections.Concurrent;
using System.Diagnostics;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;

namespace SshGateway.Bench.Scale;

/// <summary>A client of the feed that remembers when it was told what.</summary>
internal sealed class FeedFollower : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<string, (EndpointState State, long Since)> _entries = [];
    private readonly TaskCompletionSource<(long At, ulong Count)> _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    public FeedFollower(Uri feed) => _reading = FollowAsync(feed);

    /// <summary>When the first snapshot was complete, and how many entries it has.</summary>
    public Task<(long At, ulong Count)> Synced => _synced.Task;

    /// <summary>When each of these was told to be in this state; waits for the last of them.</summary>
    public async Task<IReadOnlyDictionary<string, long>> WaitAsync(IReadOnlyCollection<string> ids, EndpointState state, TimeSpan limit)
    {
        long started = Stopwatch.GetTimestamp();
        string[] missing = [.. ids];
        while (missing.Length > 0)
        {
            if (Stopwatch.GetElapsedTime(started) > limit || _reading.IsCompleted)
            {
                throw new TimeoutException($"{missing.Length} of {ids.Count} entries never became {state}, such as {missing[0]}; {_reading.Exception?.Message}");
            }
            await Task.Delay(5);
            missing = [.. missing.Where(id => !_entries.TryGetValue(id, out var entry) || entry.State != state)];
        }
        return ids.ToDictionary(id => id, id => _entries[id].Since);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task FollowAsync(Uri feed)
    {
        while (true)
        {
            try
            {
                using var client = new GrpcClient(feed);
                using GrpcClientCall<ProxyMessage, FeedMessage> call = client.Open(EndpointFeedMethods.Watch);
                await call.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = "bench", Version = "0" } }, _ending.Token);
                while (await call.ReadAsync(_ending.Token) is { } message)
                {
                    Apply(message);
                }
            }
            catch (GrpcException exception) when (exception.Status == GrpcStatusCode.Unavailable && !_synced.Task.IsCompleted)
            {
                // It is starting.
                await Task.Delay(20, _ending.Token);
            }
        }
    }

    private void Apply(FeedMessage message)
    {
        long now = Stopwatch.GetTimestamp();
        foreach (Entry entry in (message.Snapshot?.Entries ?? []).Concat(message.Delta?.Upserts ?? []))
        {
            _entries.AddOrUpdate(entry.SessionId, (entry.State, now), (_, known) => known.State == entry.State ? known : (entry.State, now));
        }
        if (message.SyncComplete is { } complete)
        {
            _synced.TrySetResult((now, complete.Count));
        }
    }
}
