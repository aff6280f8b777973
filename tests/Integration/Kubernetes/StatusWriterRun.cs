using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>A status writer that holds the lease, without the watches.</summary>
internal sealed class StatusWriterRun : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly UsageTable _usage = new(new EndpointTable(), TimeProvider.System);
    private readonly ApiClient _api;
    private readonly StatusWriter _writer;
    private readonly Task _running;

    public StatusWriterRun(string kubeconfig, string space)
    {
        _api = new ApiClient(ApiConnection.Open(KubeconfigReader.Read(kubeconfig, TimeProvider.System)), TimeProvider.System);
        var replica = new LeaseSettings(space, "tests");
        var lease = new LeaseElection(_api, replica, TimeProvider.System, NullLogger<LeaseElection>.Instance);
        var events = new EventWriter(_api, replica, TimeProvider.System, NullLogger<EventWriter>.Instance);
        _writer = new StatusWriter(_api, lease, events, _usage, new HostKeyTable(), TimeProvider.System, Log);
        _running = Task.WhenAll(lease.RunAsync(_ending.Token), _writer.RunAsync(_ending.Token));
    }

    public LogRecorder<StatusWriter> Log { get; } = new();

    public bool HasEnded => _running.IsCompleted;

    /// <summary>Tells the writer of sessions without pods.</summary>
    public void Observe(params ClaudeSession[] sessions) =>
        _writer.Observe(new SessionRouter(new RoutingOptions(false, false)).Apply(new ClusterChanges { Sessions = sessions }));

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _writer.Dispose();
        _usage.Dispose();
        _api.Dispose();
        _ending.Dispose();
    }
}
