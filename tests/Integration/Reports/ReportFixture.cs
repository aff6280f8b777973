using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Feed.Client;
using SshGateway.Operator.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Pods;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Grpc;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

using OperatorMetrics = SshGateway.Operator.Feed.FeedMetrics;

namespace SshGateway.Tests.Integration.Reports;

/// <summary>A proxy that reports to two operators.</summary>
public abstract class ReportFixture : IAsyncLifetime, IDisposable
{
    /// <summary>A session that the operators know, and the proxy does not.</summary>
    protected const string OtherSession = "other";

    private readonly List<TestServer> _operators = [];
    private readonly EndpointTable _table = new();
    private readonly OperatorMetrics _metrics;

    private protected ManualTimeProvider Time { get; } = new();

    private protected GatewayRig Gateway { get; }

    private protected UsageTable[] Usage { get; }

    private protected HostKeyTable[] HostKeys { get; } = [new HostKeyTable(), new HostKeyTable()];

    private protected ReportClient? Client { get; private set; }

    protected ReportFixture()
    {
        // Nobody is to wait in vain while the tests move the clock.
        Gateway = new GatewayRig(new ProxyOptions { WaitForPod = TimeSpan.FromDays(1) }, new PodLoginLimits(), Time);
        _metrics = new OperatorMetrics(_table);
        Usage = [new UsageTable(_table, Time), new UsageTable(_table, Time)];
    }

    public async Task InitializeAsync()
    {
        await Gateway.InitializeAsync();
        _table.Apply([new TableEntry(GatewayRig.SessionId, "uid-1", new byte[1]), new TableEntry(OtherSession, "", new byte[1])], [], default);
        foreach (UsageTable usage in Usage)
        {
            HostKeyTable hostKeys = HostKeys[_operators.Count];
            hostKeys.Bind(GatewayRig.SessionId, "uid-1", forgotten: null);
            _operators.Add(await TestServer.StartAsync(services => new FeedService(
                _table, usage, hostKeys, _metrics, new NoAuthentication(), Time,
                services.GetRequiredService<IHostApplicationLifetime>(), NullLogger<FeedService>.Instance)));
        }
        Client = new ReportClient(
            new FeedOptions { Program = ProxyFeed.Program, Operators = [.. _operators.Select(o => $"127.0.0.1:{o.Port}")], Id = "proxy-a", AuthoritiesFile = null, TokenFile = null },
            Gateway.OpenSessions, Gateway.RefusedLogins, Gateway.WaitingLogins, Gateway.Table, Gateway.PodHostKeys, Time, NullLogger<ReportClient>.Instance);
    }

    public async Task DisposeAsync()
    {
        await Client!.StopAsync(CancellationToken.None);
        await Gateway.DisposeAsync();
        foreach (TestServer server in _operators)
        {
            await server.DisposeAsync();
        }
    }

    public void Dispose()
    {
        Client?.Dispose();
        Gateway.Dispose();
        _metrics.Dispose();
        foreach (UsageTable usage in Usage)
        {
            usage.Dispose();
        }
        GC.SuppressFinalize(this);
    }
}
