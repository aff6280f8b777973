using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SshGateway.Operator.Hosting;

namespace SshGateway.Tests.Support.Feed;

/// <summary>The whole operator in this process, on a directory of manifests and two loopback ports.</summary>
internal sealed class OperatorRun : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OperatorRun(WebApplication app, FeedKeys keys)
    {
        _app = app;
        Keys = keys;
    }

    public FeedKeys Keys { get; }

    public int FeedPort => Port(0);

    public Uri Probes => new($"http://127.0.0.1:{Port(1)}");

    /// <summary>Where TARS asks, with --Operator:InternalListen.</summary>
    public Uri Internal => new($"https://127.0.0.1:{Port(2)}");

    public static async Task<OperatorRun> StartAsync(string directory, int feedPort = 0, FeedKeys? keys = null, params string[] arguments)
    {
        keys ??= FeedKeys.Shared;
        WebApplication app = OperatorHost.Build(
        [
            $"--Operator:Directory={directory}", $"--Operator:FeedListen=127.0.0.1:{feedPort}", "--Operator:HttpListen=127.0.0.1:0",
            .. keys.OperatorArguments, .. arguments,
        ]);
        await app.StartAsync();
        return new OperatorRun(app, keys);
    }

    public async ValueTask DisposeAsync()
    {
        // Services that nobody stopped have failed, in the host's eyes, and it says so.
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private int Port(int listener) => new Uri(
        _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ElementAt(listener)).Port;
}
