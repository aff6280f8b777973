using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SshGateway.Hosting;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Integration.Programs;

/// <summary>How a process ends whose background work fails.</summary>
public sealed class GatewayProcessTests
{
    [Fact]
    public async Task A_process_whose_background_service_fails_ends_with_a_failure() =>
        Assert.Equal(1, await GatewayProcess.RunAsync(() => Build(new Failing())).WaitAsync(TimeSpan.FromMinutes(2)));

    [Fact]
    public async Task Supervised_work_that_fails_is_logged_and_begun_again()
    {
        var time = new ManualTimeProvider();
        var log = new LogRecorder<GatewayProcessTests>();
        int runs = 0;
        Task work = Supervision.RunAsync(
            "work", _ => ++runs < 3 ? Task.FromException(new InvalidOperationException("broken")) : Task.CompletedTask, time, log, CancellationToken.None);

        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return work.IsCompleted;
            },
            "it ends");

        await work.Limited();
        Assert.Equal((3, 2), (runs, log.Count(1)));
    }

    [Fact]
    public async Task Supervised_work_ends_with_the_process()
    {
        using var stopping = new CancellationTokenSource();
        var log = new LogRecorder<GatewayProcessTests>();
        Task work = Supervision.RunAsync("work", token => Task.Delay(Timeout.InfiniteTimeSpan, token), TimeProvider.System, log, stopping.Token);

        await stopping.CancelAsync();

        await work.Limited();
        Assert.Empty(log.Lines);
    }

    private static WebApplication Build(IHostedService service)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(service);
        return builder.Build();
    }

    private sealed class Failing : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("broken");
        }
    }
}
