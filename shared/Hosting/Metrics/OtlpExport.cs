using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace SshGateway.Hosting.Metrics;

/// <summary>Sends the same meters to an OpenTelemetry collector, where one is configured.</summary>
/// <param name="endpoint">The collector's OTLP/gRPC address; null: what OTEL_EXPORTER_OTLP_ENDPOINT and its companions
/// say.</param>
/// <param name="service">service.name.</param>
/// <param name="instance">service.instance.id.</param>
internal sealed class OtlpExport(Uri? endpoint, string service, string instance) : IHostedService, IDisposable
{
    private MeterProvider? _provider;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService(service, serviceInstanceId: instance))
            .AddMeter(MetricsText.OwnMeters + "*", MetricsText.RuntimeMeter)
            .AddOtlpExporter(exporter =>
            {
                if (endpoint is not null)
                {
                    exporter.Endpoint = endpoint;
                }
            })
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what has not been sent yet.</summary>
    public void Dispose() => _provider?.Dispose();
}
