using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace SshGateway.Hosting.Logging;

/// <summary>How both processes log: one line each, with UTC time.</summary>
internal static class ConsoleLogging
{
    /// <param name="logging">Whose other providers are removed.</param>
    /// <param name="output">Where lines go; null: standard output.</param>
    public static void UseGatewayConsole(this ILoggingBuilder logging, Stream? output = null)
    {
        // The framework's own information is about requests to the probes.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // Each call that ends with a status; the feed's own lines say who and why.
        logging.AddFilter("Grpc", LogLevel.Warning);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        // The framework's formatter stays; what writes its lines is ours (ADR 16).
        logging.ClearProviders();
        logging.Services.AddSingleton<ILoggerProvider>(services => new LineLoggerProvider(
            services.GetServices<ConsoleFormatter>().First(formatter => formatter.Name == ConsoleFormatterNames.Simple),
            output ?? Console.OpenStandardOutput()));
    }
}
