using SshGateway.Hosting;

namespace SshGateway.Proxy.Sessions;

/// <summary>Reviews the open sessions every second, with one timer: expiry and idle times need no more.</summary>
internal sealed class OpenSessionReview(OpenSessions sessions, TimeProvider time, ILogger<OpenSessionReview> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Supervision.RunAsync(nameof(OpenSessionReview), RunAsync, time, logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            sessions.Review();
        }
    }
}
