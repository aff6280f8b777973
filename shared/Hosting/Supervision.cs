using Microsoft.Extensions.Logging;

namespace SshGateway.Hosting;

/// <summary>
/// Keeps work going that the process can live without for a moment: what fails is logged and begun again. The host
/// itself would end the process, and with it every open session.
/// </summary>
internal static partial class Supervision
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Runs it until it ends by itself, or until it is to end.</summary>
    /// <param name="name">Names it in the log.</param>
    public static async Task RunAsync(string name, Func<CancellationToken, Task> run, TimeProvider time, ILogger logger, CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await run(stoppingToken).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                Log.Failed(logger, name, Pause.TotalSeconds, problem);
            }
            await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Name} failed, which is a bug. Restarting it in {Seconds} s")]
        public static partial void Failed(ILogger logger, string name, double seconds, Exception problem);
    }
}
