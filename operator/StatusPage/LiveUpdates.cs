using System.Text;

namespace SshGateway.Operator.StatusPage;

/// <summary>
/// Keeps open pages up to date by server-sent events. Each event is the whole table as it is now, so a browser that is
/// slow or was away misses nothing and nothing is queued for it.
/// </summary>
internal sealed class LiveUpdates(
    SessionList sessions, Func<string?> findProblem, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Pages that can be open at the same time.</summary>
    public const int MaxStreams = 32;

    // Then the browser asks again, and is checked again.
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Proxies between the two close what is silent for longer. Ages are written anew this often.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan MaxWrite = TimeSpan.FromSeconds(30);

    private int _streams;

    public PageModel CreateModel(PageQuery query) => CreateModel(sessions.Read(), query);

    public async Task SendAsync(HttpContext context, PageQuery query)
    {
        try
        {
            if (Interlocked.Increment(ref _streams) > MaxStreams)
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                await context.Response.WriteAsync($"{MaxStreams} pages are open already\n", context.RequestAborted);
                return;
            }
            using var duration = new CancellationTokenSource(MaxDuration, time);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping, duration.Token);
            await FollowAsync(context, query, end.Token);
        }
        catch (OperationCanceledException)
        {
            // The browser, the process or the time is at its end.
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    private async Task FollowAsync(HttpContext context, PageQuery query, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "text/event-stream";
        string? sent = null;
        while (true)
        {
            SessionSnapshot snapshot = sessions.Read();
            string table = await PageRenderer.RenderTableAsync(CreateModel(snapshot, query));
            await WriteAsync(context, table == sent ? ": nothing new\n\n" : Event(table), cancellationToken);
            sent = table;
            await Task.Delay(Pause, time, cancellationToken);
            await sessions.WaitAsync(snapshot, Heartbeat, cancellationToken);
        }
    }

    private PageModel CreateModel(SessionSnapshot snapshot, PageQuery query) =>
        PageModel.Create(snapshot, sessions.FindConnections(query.Opened), query, findProblem(), time.GetUtcNow());

    private static string Event(string table)
    {
        var text = new StringBuilder();
        foreach (string line in table.Split('\n'))
        {
            text.Append("data: ").Append(line).Append('\n');
        }
        return text.Append('\n').ToString();
    }

    private async Task WriteAsync(HttpContext context, string text, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(MaxWrite, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        // Otherwise a browser that takes nothing holds up the end of the response.
        using CancellationTokenRegistration abort = limit.Token.Register(context.Abort);
        await context.Response.WriteAsync(text, end.Token);
        await context.Response.Body.FlushAsync(end.Token);
    }
}
