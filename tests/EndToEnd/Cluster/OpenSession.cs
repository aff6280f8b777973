using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>A login that is open, waits in its pod until it is told to go on, and says that it did.</summary>
internal sealed class OpenSession : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);
    private readonly string _file = $"/tmp/go-on-{Guid.NewGuid():N}";
    private readonly SshClient _client;
    private readonly string _session;

    private OpenSession(SshClient client, string session)
    {
        _client = client;
        _session = session;
        Ssh = client.Start(session, [], $"echo is open; until test -e {_file}; do sleep 0.2; done; rm {_file}; echo went on");
    }

    /// <summary>The ssh process.</summary>
    public Daemon Ssh { get; }

    public static async Task<OpenSession> StartAsync(SshClient client, string session)
    {
        OpenSession open = new(client, session);
        await open.Ssh.WaitForLineAsync("is open", Deadline);
        return open;
    }

    /// <summary>Tells it to go on, by another login, and waits until it has ended as usual.</summary>
    public async Task GoOnAsync()
    {
        CommandResult told = await _client.RunAsync(_session, $"touch {_file}");
        Assert.True(told.Succeeded, told.ToString());
        await Ssh.WaitForLineAsync("went on", Deadline);
        await WaitForEndAsync();
        Assert.Equal(0, Ssh.ExitCode);
    }

    public Task WaitForEndAsync() => Eventually.TrueAsync(() => Ssh.HasExited, Deadline, () => $"ssh goes on.\n{Ssh.Output}");

    public ValueTask DisposeAsync() => Ssh.DisposeAsync();
}
