using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Keys in a real ssh-agent: many of them, and such as may be used at certain hosts only.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class AgentTests(SharedGateway shared)
{
    [RealSshFact("ssh-agent", "ssh-add")]
    public async Task A_key_that_is_restricted_to_the_gateway_logs_in()
    {
        SshClient client = await StrangerAsync();
        await using SshAgent agent = await SshAgent.StartAsync();
        await agent.AddAsync("-H", client.KnownHosts, "-h", SshClient.Host, shared.UserKey.PrivateFile);
        foreach (string hostKeyAlgorithm in new[] { "ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512" })
        {
            CommandResult result = await agent.Use(client).With($"HostKeyAlgorithms={hostKeyAlgorithm}").RunAsync(SharedGateway.Alpha, "echo $POD", flags: "-v");

            Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
            Assert.Equal("alpha\n", result.Text);
        }
    }

    [RealSshFact("ssh-agent", "ssh-add")]
    public async Task A_key_that_is_restricted_to_one_session_logs_in_to_no_other()
    {
        SshClient client = await StrangerAsync();
        await using SshAgent agent = await SshAgent.StartAsync();
        await agent.AddAsync("-H", client.KnownHosts, "-h", $"{SharedGateway.Alpha}@{SshClient.Host}", shared.UserKey.PrivateFile);

        CommandResult alpha = await agent.Use(client).RunAsync(SharedGateway.Alpha, "echo $POD");
        Assert.True(alpha.Succeeded, $"{alpha}\n{shared.Gateway.Logs}");
        CommandResult beta = await agent.Use(client).RunAsync(SharedGateway.Beta, "echo $POD");
        Assert.Contains("Permission denied (publickey)", beta.ErrorText, StringComparison.Ordinal);
    }

    // The agent signs for the host key that it is told of, which the client's request has to name, and that is not the
    // gateway's.
    [RealSshFact("ssh-agent", "ssh-add")]
    public async Task A_key_that_is_restricted_to_another_host_key_does_not_log_in()
    {
        string directory = ScratchDirectory.New("other-host");
        KeyPair otherHost = await KeyPair.GenerateAsync(directory, "host");
        string knownHosts = Path.Combine(directory, "known_hosts");
        await File.WriteAllTextAsync(knownHosts, $"{SshClient.Host} {otherHost.PublicLine}\n");
        SshClient client = await StrangerAsync();
        await using SshAgent agent = await SshAgent.StartAsync();
        await agent.AddAsync("-H", knownHosts, "-h", SshClient.Host, shared.UserKey.PrivateFile);

        CommandResult result = await agent.Use(client).RunAsync(SharedGateway.Alpha, "echo $POD");

        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Permission denied (publickey)", result.ErrorText, StringComparison.Ordinal);
    }

    // A query is not a failed login: sshd would have stopped at the sixth. But there is an end to it, at 64.
    [RealSshFact("ssh-agent", "ssh-add")]
    public async Task An_agent_with_a_hundred_keys_logs_in_when_the_right_one_is_among_the_first_64()
    {
        string directory = ScratchDirectory.New("hundred-keys");
        CommandResult made = await Command.ShellAsync($"for i in $(seq 100 199); do ssh-keygen -q -t ed25519 -N '' -f '{directory}/key-'$i; done");
        Assert.True(made.Succeeded, made.ToString());
        string[] strangers = [.. Enumerable.Range(100, 100).Select(number => Path.Combine(directory, $"key-{number}"))];
        SshClient client = await StrangerAsync();
        await using SshAgent early = await SshAgent.StartAsync();
        await early.AddAsync([.. strangers[..63], shared.UserKey.PrivateFile, .. strangers[63..]]);
        await using SshAgent late = await SshAgent.StartAsync();
        await late.AddAsync([.. strangers, shared.UserKey.PrivateFile]);

        CommandResult admitted = await early.Use(client).RunAsync(SharedGateway.Alpha, "echo $POD");
        Assert.True(admitted.Succeeded, $"{admitted}\n{shared.Gateway.Logs}");
        CommandResult refused = await late.Use(client).RunAsync(SharedGateway.Alpha, "echo $POD");
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("Too many authentication failures", refused.ErrorText, StringComparison.Ordinal);
        // What a user with so many does: name the one. ssh takes it from the agent.
        CommandResult named = await late.Use(client)
            .With("IdentitiesOnly=yes", $"IdentityFile={shared.UserKey.PublicFile}").RunAsync(SharedGateway.Alpha, "echo $POD");
        Assert.True(named.Succeeded, $"{named}\n{shared.Gateway.Logs}");
    }

    /// <summary>Somebody whose own key opens nothing.</summary>
    private async Task<SshClient> StrangerAsync() => shared.ClientOf(0, await KeyPair.GenerateAsync(ScratchDirectory.New("stranger"), "id"));
}
