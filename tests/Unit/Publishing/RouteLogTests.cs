using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Table;
using SshGateway.Operator.Yaml;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Unit.Publishing;

/// <summary>What the operator's log says of a session's route.</summary>
public sealed class RouteLogTests
{
    [Fact]
    public async Task A_session_with_a_pod_names_it_and_one_without_names_none()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("a.yaml", Samples.Session("one") + "---\n" + Samples.Pod("one", "10.0.0.1") + "---\n" + Samples.Session("two"));
        var log = new LogRecorder<TablePublisher>();
        var source = new DirectorySource(directory.Path, TimeProvider.System, NullLogger<DirectorySource>.Instance);
        using var publisher = new TablePublisher(source, new RoutingOptions(false, false), new EndpointTable(), new HostKeyTable(), [], log);
        await publisher.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => log.Lines.Count == 2, "both are logged");
        await publisher.StopAsync(CancellationToken.None);

        Assert.Equal(
            [
                "Session one: logins go to pod one-pod at 10.0.0.1 port 2222 (EndpointReady)",
                "Session two: no pod of the namespace carries the label tars.cloudwalk.network/session=two yet (WaitingForPod)",
            ],
            log.Lines.Select(l => l.Text));
    }
}
