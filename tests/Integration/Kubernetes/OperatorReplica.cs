using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SshGateway.Operator.Hosting;
using SshGateway.Operator.Leader;
using SshGateway.Operator.Table;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>The whole operator in this process, on an API server.</summary>
internal sealed class OperatorReplica : IAsyncDisposable
{
    private readonly WebApplication _app;
    private bool _hasEnded;

    private OperatorReplica(WebApplication app) => _app = app;

    public EndpointTable Table => _app.Services.GetRequiredService<EndpointTable>();

    /// <summary>Where the probes and TARS's questions go.</summary>
    public Uri Http => new(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ElementAt(1));

    public int FeedPort => new Uri(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Port;

    public bool IsLeader => _app.Services.GetRequiredService<LeaderDuties>().IsLeader;

    public static async Task<OperatorReplica> StartAsync(string kubeconfig, params string[] spaces)
    {
        WebApplication app = OperatorHost.Build(
        [
            "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={kubeconfig}", .. spaces.Select((space, i) => $"--Operator:Namespaces:{i}={space}"),
            $"--Operator:LeaseNamespace={spaces[0]}",
            "--Operator:FeedListen=127.0.0.1:0", "--Operator:FeedInsecure=true", "--Operator:HttpListen=127.0.0.1:0",
        ]);
        await app.StartAsync();
        return new OperatorReplica(app);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }
}
