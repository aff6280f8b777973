using System.Diagnostics.Metrics;
using SshGateway.Ssh.Sockets.Epoll;

namespace SshGateway.Proxy.Listening;

/// <summary>The figures of the event loops.</summary>
internal sealed class EventLoopMetrics : IDisposable
{
    private readonly Meter _meter = new("SshGateway.Proxy.EventLoops");

    public EventLoopMetrics(EventLoops loops) => _meter.CreateObservableCounter(
        "sshgateway.proxy.busy_polls",
        () => new[] { Count(loops.RewardedPolls, "true"), Count(loops.UnrewardedPolls, "false") },
        description: "How often an event loop polled for events before it slept, by whether one came in time");

    public void Dispose() => _meter.Dispose();

    private static Measurement<long> Count(long polls, string rewarded) => new(polls, new KeyValuePair<string, object?>("rewarded", rewarded));
}
