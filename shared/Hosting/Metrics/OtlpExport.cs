using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SshGateway.Hosting.Metrics;

/// <summary>
/// Sends the same meters to an OpenTelemetry collector, where one is configured, and if asked for, traces.
/// </summary>
/// <param name="endpoint">The collector's OTLP/gRPC address; null: what OTEL_EXPORTER_OTLP_ENDPOINT and its companions
/// say.</param>
/// <param name="service">service.name.</param>
/// <param name="instance">service.instance.id.</param>
/// <param name="hasTraces">Whether the process's spans are sent, too.</param>
internal sealed class OtlpExport(Uri? endpoint, string service, string instance, bool hasTraces) : IHostedService, IDisposable
{
    private MeterProvider? _meters;
    private TracerProvider? _traces;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meters = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(Describe)
            .AddMeter(MetricsText.OwnMeters + "*", MetricsText.RuntimeMeter)
            .AddOtlpExporter(Configure)
            .Build();
        if (hasTraces)
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .ConfigureResource(Describe)
                .AddSource(MetricsText.OwnMeters + "*")
                .AddOtlpExporter(Configure)
                .Build();
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what has not been sent yet.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        _meters?.Dispose();
    }

    private void Describe(ResourceBuilder resource) => resource.AddService(service, serviceInstanceId: instance);

    private void Configure(OtlpExporterOptions exporter)
    {
        if (endpoint is not null)
        {
            exporter.Endpoint = endpoint;
        }
    }
}
