using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SshGateway.Hosting;

/// <summary>Runs a program from its start to its exit status.</summary>
internal static class GatewayProcess
{
    /// <summary>Runs until a signal ends it. Any other end is a sentence on standard error and exit status 1.</summary>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        ThreadLimits.Bound();
        using var signals = new ProcessSignals();
        try
        {
            await using WebApplication app = build();
            signals.Serve(app.Services);
            // Before it runs: at its end it disposes them.
            BackgroundService[] services = [.. app.Services.GetServices<IHostedService>().OfType<BackgroundService>()];
            try
            {
                await RunAsync(app);
            }
            catch (OperationCanceledException) when (FindFailed(services) is not null)
            {
                // It failed while the rest was still being started.
            }
            return FindFailed(services) is { } failure ? Fail(failure) : 0;
        }
        catch (Exception exception) when (StartupFailure.IsExplained(exception))
        {
            return Fail(StartupFailure.Explain(exception));
        }
    }

    private static async Task RunAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch
        {
            // Ends the log: the host calls a service that its own disposal cancels before it ran a failure.
            foreach (ILoggerProvider provider in app.Services.GetServices<ILoggerProvider>())
            {
                provider.Dispose();
            }
            throw;
        }
        await app.WaitForShutdownAsync();
    }

    // The host ends when a background service fails, and calls that a success.
    private static string? FindFailed(BackgroundService[] services) =>
        services.FirstOrDefault(service => service.ExecuteTask is { IsFaulted: true }) is { } failed
            ? $"The process ended because {failed.GetType().Name} failed: {failed.ExecuteTask!.Exception!.InnerException!.Message} The log has the details."
            : null;

    private static int Fail(string sentence)
    {
        Console.Error.WriteLine(sentence);
        return 1;
    }
}
