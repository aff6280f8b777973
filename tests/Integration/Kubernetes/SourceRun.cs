using System.Net;
using SshGateway.Feed;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Kubernetes.Watching;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>The source and the routing function on a kubeconfig, and where they route at each moment.</summary>
internal sealed class SourceRun : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _ending = new();
    private readonly Task _reading;
    private readonly Lock _lock = new();
    private readonly List<string> _lost = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<RoutedSession>? _routes;

    public SourceRun(string kubeconfig, params string[] namespaces)
        : this(kubeconfig, TimeProvider.System, namespaces)
    {
    }

    public SourceRun(string kubeconfig, TimeProvider time, params string[] namespaces)
        : this(kubeconfig, time, new SourceSettings(namespaces, ReadSecrets: false))
    {
    }

    public SourceRun(string kubeconfig, TimeProvider time, SourceSettings settings)
    {
        Source = new KubernetesSource(KubeconfigReader.Read(kubeconfig, TimeProvider.System), settings, time, Log);
        _reading = ReadAsync();
    }

    public KubernetesSource Source { get; }

    public LogRecorder<KubernetesSource> Log { get; } = new();

    public bool IsSynced => _routes is not null;

    /// <summary>How far the source has read.</summary>
    public ClusterVersions Versions { get; private set; }

    /// <summary>Whether the source has noticed that the cluster was put back to an earlier state.</summary>
    public bool HasNewHistory { get; private set; }

    /// <summary>The sessions that were routed at one moment and not at the next, so far.</summary>
    public IReadOnlyList<string> Lost
    {
        get
        {
            lock (_lock)
            {
                return [.. _lost];
            }
        }
    }

    public RoutedSession? this[string id] => _routes?.FirstOrDefault(r => r.SessionId == id);

    public Task ReadyAsync(string id, string address) =>
        UntilAsync(r => r[id] is { State: EndpointState.Ready } route && route.Address!.Equals(IPAddress.Parse(address)), $"{id} is routed to {address}");

    public Task ReasonAsync(string id, string reason) => UntilAsync(r => r[id]?.Reason == reason, $"{id} is {reason}");

    public Task GoneAsync(string id) => UntilAsync(r => r.IsSynced && r[id] is null, $"{id} is gone");

    public async Task UntilAsync(Func<SourceRun, bool> condition, string expectation, TimeSpan? deadline = null)
    {
        using var expiry = new CancellationTokenSource(deadline ?? Deadline);
        while (true)
        {
            Task next = _changed.Task;
            if (condition(this))
            {
                return;
            }
            try
            {
                await next.WaitAsync(expiry.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"not in time: {expectation}\n{_reading.Exception}\n{string.Join('\n', _routes ?? [])}\n{string.Join('\n', Log.Lines)}");
            }
        }
    }

    /// <summary>Waits for a line in the log, of which no change tells.</summary>
    public Task LoggedAsync(int eventId, string text, int times = 1) => Eventually.TrueAsync(
        () => Log.Lines.Count(l => l.Id.Id == eventId && l.Text.Contains(text, StringComparison.Ordinal)) >= times,
        Deadline, () => $"not logged: {text}\n{string.Join('\n', Log.Lines)}");

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Source.Dispose();
        _ending.Dispose();
    }

    private async Task ReadAsync()
    {
        var router = new SessionRouter(new RoutingOptions(false, false));
        await foreach (ClusterChanges changes in Source.ReadAsync(_ending.Token))
        {
            router.Apply(changes);
            RoutedSession[] routes = [.. router.Routes];
            Versions = changes.Versions;
            HasNewHistory |= changes.IsHistoryNew;
            lock (_lock)
            {
                _lost.AddRange((_routes ?? []).Where(r => r.State == EndpointState.Ready).Select(r => r.SessionId)
                    .Except(routes.Where(r => r.State == EndpointState.Ready).Select(r => r.SessionId)));
                _routes = routes;
            }
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }
}
