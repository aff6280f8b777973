using System.Diagnostics.Metrics;
using SshGateway.Hosting.Metrics;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>The figures of the watches, by kind of object.</summary>
internal sealed class WatchingMetrics : IDisposable
{
    /// <summary>The kinds that are watched.</summary>
    public static readonly IReadOnlyList<string> Kinds = [ClaudeSession.KindName, Pod.KindName, ConfigMap.KindName, Secret.KindName];

    private readonly Meter _meter = new("SshGateway.Operator.Kubernetes");
    private readonly Counter<long> _lists;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _undecodable;

    public WatchingMetrics()
    {
        _lists = _meter.CreateCounter<long>("sshgateway.operator.lists", description: "Lists that were asked for");
        _failures = _meter.CreateCounter<long>("sshgateway.operator.watch_failures", description: "Lists and watches that failed");
        _undecodable = _meter.CreateCounter<long>("sshgateway.operator.undecodable_objects", description: "Versions of objects that could not be decoded");
        foreach (Counter<long> counter in new[] { _lists, _failures, _undecodable })
        {
            counter.StartAtZero("kind", Kinds);
        }
    }

    public void Listing(string kind) => _lists.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void Failed(string kind) => _failures.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void Undecodable(string kind) => _undecodable.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void Dispose() => _meter.Dispose();
}
