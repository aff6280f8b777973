using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SshGateway.Operator.Hosting;
using SshGateway.Operator.Leader;
using SshGateway.Operator.Table;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>The whole operator in this process, on an API server.</summary>
internal sealed class OperatorReplica : IAsyncDisposable
{
    private readonly WebApplication _app;
    private bool _hasEnded;

    private OperatorReplica(WebApplication app) => _app = app;

    public EndpointTable Table => _app.Services.GetRequiredService<EndpointTable>();

    public int FeedPort => new Uri(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Port;

    public bool IsLeader => _app.Services.GetRequiredService<LeaderDuties>().IsLeader;

    /// <summary>Where TARS asks.</summary>
    public Uri Internal => new(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ElementAt(2));

    public static Task<OperatorReplica> StartAsync(string kubeconfig, params string[] spaces) => StartAsync(kubeconfig, spaces, ["--Operator:FeedInsecure=true"]);

    /// <summary>With a listener for TARS, and nobody who may ask there.</summary>
    public static Task<OperatorReplica> StartWithInternalAsync(string kubeconfig, FeedKeys keys, params string[] spaces) =>
        StartAsync(kubeconfig, spaces, [.. keys.CertificateArguments, "--Operator:InternalListen=127.0.0.1:0"]);

    private static async Task<OperatorReplica> StartAsync(string kubeconfig, string[] spaces, string[] more)
    {
        WebApplication app = OperatorHost.Build(
        [
            "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={kubeconfig}", .. spaces.Select((space, i) => $"--Operator:Namespaces:{i}={space}"),
            $"--Operator:LeaseNamespace={spaces[0]}", "--Operator:FeedListen=127.0.0.1:0", "--Operator:HttpListen=127.0.0.1:0", .. more,
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
