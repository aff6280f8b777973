using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace SshGateway.Bench.Scale;

/// <summary>When the API server tells of a pod's readiness: what is before that is not the operator's.</summary>
internal sealed class BareWatcher : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<(string Pod, bool IsReady), long> _told = [];
    private readonly Task _watching;

    public BareWatcher(Cluster cluster, string version) => _watching = WatchAsync(cluster, version);

    /// <summary>When each of them was first told to be so; waits for the last one.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ToldAsync(IEnumerable<string> pods, bool isReady)
    {
        var told = new Dictionary<string, long>();
        foreach (string pod in pods)
        {
            long at;
            while (!_told.TryGetValue((pod, isReady), out at))
            {
                if (_watching.IsCompleted)
                {
                    await _watching;
                }
                await Task.Delay(5);
            }
            told[pod] = at;
        }
        return told;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task WatchAsync(Cluster cluster, string version)
    {
        await foreach (JsonElement pod in cluster.WatchAsync(Cluster.Pods, version, _ending.Token))
        {
            long now = Stopwatch.GetTimestamp();
            if (pod.TryGetProperty("status", out JsonElement status) && status.TryGetProperty("conditions", out JsonElement conditions))
            {
                JsonElement ready = conditions.EnumerateArray().FirstOrDefault(c => c.GetProperty("type").GetString() == "Ready");
                if (ready.ValueKind == JsonValueKind.Object)
                {
                    _told.TryAdd((pod.GetProperty("metadata").GetProperty("name").GetString()!, ready.GetProperty("status").GetString() == "True"), now);
                }
            }
        }
    }
}
