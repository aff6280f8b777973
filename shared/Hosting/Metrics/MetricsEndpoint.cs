using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SshGateway.Hosting.Metrics;

/// <summary>Where the figures go: to <c>GET /metrics</c> on the HTTP/1.1 listener, and to a collector if any.</summary>
internal static class MetricsEndpoint
{
    private const string Path = "/metrics";
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // https://opentelemetry.io/docs/specs/otel/protocol/exporter/
    private const string StandardVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <param name="otlpEndpoint">The collector's address as configured; empty: what the standard variable says, if
    /// anything.</param>
    /// <param name="service">What the process is called there.</param>
    /// <param name="instance">Which one of them it is.</param>
    /// <param name="hasTraces">Whether the collector gets spans, too.</param>
    public static void AddGatewayMetrics(this WebApplicationBuilder builder, string otlpEndpoint, string service, string instance, bool hasTraces = false)
    {
        builder.Services.AddSingleton<MetricsText>();
        if (otlpEndpoint.Length > 0 || builder.Configuration[StandardVariable] is { Length: > 0 })
        {
            builder.Services.AddSingleton<IHostedService>(_ => new OtlpExport(otlpEndpoint.Length > 0 ? new Uri(otlpEndpoint) : null, service, instance, hasTraces));
        }
    }

    /// <summary>Whether this can be a collector's address; empty: none.</summary>
    public static bool IsOtlpEndpoint(string text) =>
        text is "" || (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps));

    /// <summary>Answers <c>/metrics</c>; what is counted from here on is shown there.</summary>
    public static void UseMetricsEndpoint(this WebApplication app)
    {
        MetricsText metrics = app.Services.GetRequiredService<MetricsText>();
        app.Use((context, next) =>
        {
            if (context.Request.Path.Value != Path || !HttpMethods.IsGet(context.Request.Method) || HttpProtocol.IsHttp2(context.Request.Protocol))
            {
                return next(context);
            }
            context.Response.ContentType = ContentType;
            return context.Response.WriteAsync(metrics.Write());
        });
    }
}
