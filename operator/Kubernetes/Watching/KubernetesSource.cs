using System.Runtime.CompilerServices;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>The ClaudeSessions and Pods of an API server, of some namespaces or all.</summary>
internal sealed class KubernetesSource : IClusterSource, IDisposable
{
    private readonly ChangeSignal _changed = new();
    private readonly WatchingMetrics _metrics = new();
    private readonly List<Watched> _watched = [];
    private readonly HttpClient _watches;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="namespaces">The namespaces; none: all.</param>
    public KubernetesSource(ApiServerAccess access, IReadOnlyCollection<string> namespaces, TimeProvider time, ILogger<KubernetesSource> logger)
    {
        _watches = ApiConnection.Open(access);
        _time = time;
        _logger = logger;
        foreach (string? ofNamespace in namespaces.Count == 0 ? [null] : namespaces.Distinct<string?>())
        {
            _watched.Add(new Watched(ofNamespace ?? "", Reflect(ApiResources.Sessions, ofNamespace), Reflect(ApiResources.Pods, ofNamespace)));
        }
    }

    public async IAsyncEnumerable<ClusterChanges> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] running = [.. _watched.Select(w => w.Sessions.RunAsync(ending.Token)), .. _watched.Select(w => w.Pods.RunAsync(ending.Token))];
        try
        {
            while (true)
            {
                await WaitAsync(running, cancellationToken);
                // Before everything that exists is known, a session whose pod was not read yet would look like one
                // without.
                if (_watched.All(w => w.Sessions.Store.IsSynced && w.Pods.Store.IsSynced))
                {
                    yield return TakeChanges();
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void CatchUp(ClusterVersions minimum)
    {
        foreach (Watched watched in _watched)
        {
            ReadVersions wanted = minimum.Find(watched.Namespace);
            watched.Sessions.CatchUp(wanted.Sessions);
            watched.Pods.CatchUp(wanted.Pods);
        }
    }

    public void Dispose()
    {
        _watches.Dispose();
        _metrics.Dispose();
    }

    private ClusterChanges TakeChanges()
    {
        StoreChanges<ClaudeSession>[] sessions = [.. _watched.Select(w => w.Sessions.Store.TakeChanges())];
        StoreChanges<Pod>[] pods = [.. _watched.Select(w => w.Pods.Store.TakeChanges())];
        return new ClusterChanges
        {
            Sessions = [.. sessions.SelectMany(c => c.Set)],
            Pods = [.. pods.SelectMany(c => c.Set)],
            Removed = [.. sessions.SelectMany(c => c.Removed), .. pods.SelectMany(c => c.Removed)],
            Unreadable = [.. sessions.SelectMany(c => c.Unreadable).Where(i => i.Partial is not null).Select(i => new UnreadableSession(i.Partial!, i.Problem!))],
            Versions = new ClusterVersions([.. _watched.Select((w, i) => new ReadVersions(w.Namespace, Number(sessions[i].Version), Number(pods[i].Version)))]),
            IsHistoryNew = sessions.Any(c => c.IsHistoryNew) || pods.Any(c => c.IsHistoryNew),
        };
    }

    private static ulong Number(string version) => ResourceVersions.Number(version) ?? 0;

    private Reflector<T> Reflect<T>(ApiResource<T> resource, string? ofNamespace)
        where T : KubernetesObject
    {
        var client = new ResourceClient<T>(_watches, resource, ofNamespace, _time);
        return new Reflector<T>(client, new ObjectStore<T>(_changed), _metrics, _time, Random.Shared, _logger);
    }

    private async Task WaitAsync(Task[] running, CancellationToken cancellationToken)
    {
        Task change = _changed.WaitAsync(cancellationToken).AsTask();
        // A reflector only ends by a bug, which must not pass for a quiet cluster.
        await await Task.WhenAny([change, .. running]);
    }

    private sealed record Watched(string Namespace, Reflector<ClaudeSession> Sessions, Reflector<Pod> Pods);
}
