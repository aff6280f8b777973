namespace SshGateway.Tests.Support.Harness;

/// <summary>A real ssh-agent of its own.</summary>
internal sealed class SshAgent : IAsyncDisposable
{
    private readonly Daemon _agent;
    private readonly string _socket;

    private SshAgent(Daemon agent, string socket)
    {
        _agent = agent;
        _socket = socket;
    }

    public static async Task<SshAgent> StartAsync()
    {
        string socket = Path.Combine(ScratchDirectory.New("agent"), "socket");
        Daemon agent = Daemon.Start("ssh-agent", "ssh-agent", ["-D", "-a", socket]);
        await agent.WaitForLineAsync("SSH_AUTH_SOCK=");
        return new SshAgent(agent, socket);
    }

    /// <summary>ssh-add.</summary>
    public async Task AddAsync(params string[] arguments)
    {
        CommandResult added = await Command.RunAsync("ssh-add", ["-q", .. arguments], environment: new Dictionary<string, string> { ["SSH_AUTH_SOCK"] = _socket });
        Assert.True(added.Succeeded, added.ToString());
    }

    /// <summary>The client with the agent's keys before its own.</summary>
    public SshClient Use(SshClient client) => client.With($"IdentityAgent={_socket}", "IdentitiesOnly=no");

    public ValueTask DisposeAsync() => _agent.DisposeAsync();
}
