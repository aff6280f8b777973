using System.Runtime.CompilerServices;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>
/// The ClaudeSessions and Pods of an API server, of some namespaces or all, and the ConfigMaps and Secrets whose keys
/// the sessions take.
/// </summary>
internal sealed class KubernetesSource : IClusterSource, IDisposable
{
    private static readonly TimeSpan MaxWaitForKeys = TimeSpan.FromSeconds(2);

    // An API server that answers nothing about ConfigMaps must not keep all sessions from being served.
    private static readonly TimeSpan MaxWaitForKeysAtStart = TimeSpan.FromSeconds(20);

    private readonly ChangeSignal _changed = new();
    private readonly WatchingMetrics _metrics = new();
    private readonly List<Watched> _watched = [];
    private readonly List<Task> _running = [];
    private readonly HttpClient _watches;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="settings">What is read.</param>
    public KubernetesSource(ApiServerAccess access, SourceSettings settings, TimeProvider time, ILogger<KubernetesSource> logger)
    {
        _watches = ApiConnection.Open(access);
        _time = time;
        _logger = logger;
        foreach (string? ofNamespace in settings.Namespaces.Count == 0 ? [null] : settings.Namespaces.Distinct<string?>())
        {
            string name = ofNamespace ?? "";
            _watched.Add(new Watched(
                name, Reflect(ApiResources.Sessions, ofNamespace), Reflect(ApiResources.Pods, ofNamespace),
                new KeyWatch<ConfigMap>(ConfigMap.KindName, name, Reflect(ApiResources.ConfigMaps, ofNamespace)),
                new KeyWatch<Secret>(Secret.KindName, name, settings.ReadSecrets ? Reflect(ApiResources.Secrets, ofNamespace) : null)));
        }
    }

    public async IAsyncEnumerable<ClusterChanges> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _running.AddRange([.. _watched.Select(w => w.Sessions.RunAsync(ending.Token)), .. _watched.Select(w => w.Pods.RunAsync(ending.Token))]);
        TimeSpan maxWaitForKeys = MaxWaitForKeysAtStart;
        try
        {
            while (true)
            {
                await WaitAsync(cancellationToken);
                // Before everything that exists is known, a session whose pod or key was not read yet would look like
                // one without.
                if (_watched.All(w => w.Sessions.Store.IsSynced && w.Pods.Store.IsSynced))
                {
                    yield return await TakeChangesAsync(maxWaitForKeys, ending.Token);
                    maxWaitForKeys = MaxWaitForKeys;
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void CatchUp(ClusterVersions minimum)
    {
        foreach (Watched watched in _watched)
        {
            ReadVersions wanted = minimum.Find(watched.Namespace);
            watched.Sessions.CatchUp(wanted.Sessions);
            watched.Pods.CatchUp(wanted.Pods);
            watched.ConfigMaps.CatchUp(wanted.ConfigMaps);
            watched.Secrets.CatchUp(wanted.Secrets);
        }
    }

    public void Dispose()
    {
        _watches.Dispose();
        _metrics.Dispose();
    }

    /// <returns>Whether a watch begins with this.</returns>
    private bool Want(Watched watched, IEnumerable<ClaudeSession> sessions, CancellationToken cancellationToken)
    {
        bool isNew = false;
        IEnumerable<string> kinds = sessions.SelectMany(s => s.Spec?.Ssh?.AuthorizedKeysFrom ?? [])
            .Select(source => source?.FindObject("")?.Kind).OfType<string>().Distinct();
        foreach (string kind in kinds)
        {
            if (watched.Keys.Single(k => k.Kind == kind).Want(cancellationToken) is { } begun)
            {
                _running.Add(begun);
                isNew = true;
            }
        }
        return isNew;
    }

    // So that the first session with such keys does not look like one without, for as long as a list takes.
    private async Task AwaitFirstListAsync(TimeSpan maxWait, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(maxWait, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            while (!_watched.All(w => w.Keys.All(k => k.IsSettled)))
            {
                await WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Its sessions say that it has not been read yet.
        }
        // Of the changes that were waited through, some are of sessions and pods.
        _changed.Set();
    }

    private async Task<ClusterChanges> TakeChangesAsync(TimeSpan maxWaitForKeys, CancellationToken cancellationToken)
    {
        StoreChanges<ClaudeSession>[] sessions = [.. _watched.Select(w => w.Sessions.Store.TakeChanges())];
        StoreChanges<Pod>[] pods = [.. _watched.Select(w => w.Pods.Store.TakeChanges())];
        bool isWatchNew = false;
        for (int i = 0; i < _watched.Count; i++)
        {
            isWatchNew |= Want(_watched[i], sessions[i].Set, cancellationToken);
        }
        if (isWatchNew)
        {
            await AwaitFirstListAsync(maxWaitForKeys, cancellationToken);
        }
        KeyChanges[] configMaps = [.. _watched.Select(w => w.ConfigMaps.TakeChanges())];
        KeyChanges[] secrets = [.. _watched.Select(w => w.Secrets.TakeChanges())];
        KeyChanges[] keys = [.. configMaps, .. secrets];
        return new ClusterChanges
        {
            Sessions = [.. sessions.SelectMany(c => c.Set)],
            Pods = [.. pods.SelectMany(c => c.Set)],
            KeyObjects = [.. keys.SelectMany(c => c.Set)],
            KeyCollections = [.. keys.Select(c => c.State).OfType<KeyCollection>()],
            Removed = [.. sessions.SelectMany(c => c.Removed), .. pods.SelectMany(c => c.Removed), .. keys.SelectMany(c => c.Removed)],
            Unreadable = [.. sessions.SelectMany(c => c.Unreadable).Where(i => i.Partial is not null).Select(i => new UnreadableSession(i.Partial!, i.Problem!))],
            Versions = new ClusterVersions([.. _watched.Select((w, i) => new ReadVersions(w.Namespace, Number(sessions[i].Version), Number(pods[i].Version))
            {
                ConfigMaps = configMaps[i].Version,
                Secrets = secrets[i].Version,
            })]),
            IsHistoryNew = sessions.Any(c => c.IsHistoryNew) || pods.Any(c => c.IsHistoryNew) || keys.Any(c => c.IsHistoryNew),
        };
    }

    private static ulong Number(string version) => ResourceVersions.Number(version) ?? 0;

    private Reflector<T> Reflect<T>(ApiResource<T> resource, string? ofNamespace)
        where T : KubernetesObject
    {
        var client = new ResourceClient<T>(_watches, resource, ofNamespace, _time);
        return new Reflector<T>(client, new ObjectStore<T>(_changed), _metrics, _time, Random.Shared, _logger);
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task change = _changed.WaitAsync(cancellationToken).AsTask();
        // A reflector only ends by a bug, which must not pass for a quiet cluster.
        await await Task.WhenAny([change, .. _running]);
    }

    private sealed record Watched(string Namespace, Reflector<ClaudeSession> Sessions, Reflector<Pod> Pods, IKeyWatch ConfigMaps, IKeyWatch Secrets)
    {
        public IEnumerable<IKeyWatch> Keys => [ConfigMaps, Secrets];
    }
}

/// <summary>What is read of the API server.</summary>
/// <param name="Namespaces">None: all.</param>
/// <param name="ReadSecrets">Whether sessions may name Secrets with keys.</param>
internal sealed record SourceSettings(IReadOnlyCollection<string> Namespaces, bool ReadSecrets);
