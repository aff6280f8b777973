using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace SshGateway.Hosting.Logging;

/// <summary>How both processes log: one line each, with UTC time, as text or as an object of JSON.</summary>
internal static class ConsoleLogging
{
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <param name="logging">Whose other providers are removed.</param>
    /// <param name="configuration">Says in which form (<c>Logging:Format</c>).</param>
    /// <param name="output">Where lines go; null: standard output.</param>
    public static void UseGatewayConsole(this ILoggingBuilder logging, IConfiguration configuration, Stream? output = null)
    {
        // The framework's own information is about requests to the probes.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // Each call that ends with a status; the feed's own lines say who and why.
        logging.AddFilter("Grpc", LogLevel.Warning);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = $"{TimeFormat} ";
        });
        logging.AddJsonConsole(console =>
        {
            console.UseUtcTimestamp = true;
            console.TimestampFormat = TimeFormat;
            // With a fingerprint's "+" as it is, so that it can be searched for.
            console.JsonWriterOptions = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        });
        string format = LogLevelSettings.IsJson(configuration) ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple;
        // The framework's formatter stays; what writes its lines is ours (ADR 16).
        logging.ClearProviders();
        logging.Services.AddSingleton<ILoggerProvider>(services => new LineLoggerProvider(
            services.GetServices<ConsoleFormatter>().First(formatter => formatter.Name == format),
            output ?? Console.OpenStandardOutput()));
    }
}
