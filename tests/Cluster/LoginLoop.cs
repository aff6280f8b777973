using SshGateway.Tests.EndToEnd.Harness;

namespace SshGateway.Tests.Cluster;

/// <summary>Logs in one time after the other, in the background, as long as nothing fails.</summary>
internal sealed class LoginLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task<int> _logins;

    public LoginLoop(SshClient client, string session) => _logins = Task.Run(() => RunAsync(client, session));

    /// <summary>Ends it. A login that failed fails the test.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> CountAsync()
    {
        await _end.CancelAsync();
        return await _logins;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await ((Task)_logins).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task<int> RunAsync(SshClient client, string session)
    {
        int count = 0;
        while (!_end.IsCancellationRequested)
        {
            CommandResult login = await client.RunAsync(session, "hostname");
            Assert.True(login.Succeeded, $"login {count + 1}: {login}");
            count++;
        }
        return count;
    }
}
