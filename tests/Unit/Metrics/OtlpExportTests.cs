using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SshGateway.Hosting.Metrics;
using SshGateway.Tests.Support.Grpc;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Metrics;

/// <summary>What an OpenTelemetry collector is sent.</summary>
public sealed class OtlpExportTests
{
    [Fact]
    public async Task A_configured_collector_gets_the_meters_of_the_process()
    {
        var received = new TaskCompletionSource<(string Path, string Body)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer collector = await TestServer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.TrySetResult((context.Request.Path, System.Text.Encoding.Latin1.GetString(body.ToArray())));
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        using var meter = new System.Diagnostics.Metrics.Meter("SshGateway.Tests.Otlp");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.AddGatewayMetrics(collector.Address.ToString(), "sshgateway-test", "instance-7");
        await using (WebApplication app = builder.Build())
        {
            foreach (IHostedService service in app.Services.GetServices<IHostedService>().OfType<OtlpExport>())
            {
                await service.StartAsync(CancellationToken.None);
            }
            meter.CreateCounter<long>("sshgateway.test.words").Add(42);
        }

        (string path, string sent) = await received.Task.Limited();

        Assert.Equal("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", path);
        Assert.Contains("sshgateway.test.words", sent, StringComparison.Ordinal);
        Assert.Contains("sshgateway-test", sent, StringComparison.Ordinal);
        Assert.Contains("instance-7", sent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("http://collector:4317", true)]
    [InlineData("https://collector", true)]
    [InlineData("collector:4317", false)]
    [InlineData("grpc://collector:4317", false)]
    public void A_collectors_address_is_a_URL(string text, bool good) => Assert.Equal(good, MetricsEndpoint.IsOtlpEndpoint(text));
}
