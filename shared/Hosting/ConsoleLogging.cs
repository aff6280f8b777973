using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace SshGateway.Shared.Hosting;

/// <summary>How both processes log: one line each on the console, with UTC time.</summary>
public static class ConsoleLogging
{
    public static void UseGatewayConsole(this ILoggingBuilder logging)
    {
        // The framework's own information is about requests to the probes.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        // Connections must not wait for whoever reads the log. It says how many lines are missing.
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
    }
}
