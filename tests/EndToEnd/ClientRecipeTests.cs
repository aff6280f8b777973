using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>The configurations of docs/clients.md, as they stand there, with the stock ssh.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed partial class ClientRecipeTests(SharedGateway shared)
{
    private readonly string _home = ScratchDirectory.New("home");

    [RealSshFact("rsync", "scp")]
    public async Task One_entry_serves_all_sessions()
    {
        string config = Configure("Standard SSH");

        foreach (string id in new[] { SharedGateway.Alpha, SharedGateway.Beta })
        {
            Assert.Equal($"{id}\n", await SshAsync(config, $"{id}@claude", "echo $POD"));
        }

        string file = Path.Combine(_home, "notes.txt");
        await File.WriteAllTextAsync(file, "a note\n");
        string copies = Path.Combine(shared.Pod(SharedGateway.Alpha).Home, "copies");
        Directory.CreateDirectory(copies);
        await Command.OutputAsync("scp", "-F", config, file, $"{SharedGateway.Alpha}@claude:{copies}/by-scp");
        await Command.OutputAsync("rsync", "-a", "-e", $"ssh -F {config}", file, $"{SharedGateway.Alpha}@claude:{copies}/by-rsync");
        Assert.Equal("a note\na note\n", await SshAsync(config, $"{SharedGateway.Alpha}@claude", $"cat {copies}/by-scp {copies}/by-rsync"));
    }

    [RealSshFact]
    public async Task A_file_for_each_session_gives_it_a_name()
    {
        string config = Configure("A name for each session");
        foreach (string id in new[] { SharedGateway.Alpha, SharedGateway.Beta })
        {
            string generator = Block("A name for each session", "mkdir").Replace("abc12", id, StringComparison.Ordinal).Replace("~", _home, StringComparison.Ordinal);
            CommandResult made = await Command.ShellAsync(generator);
            Assert.True(made.Succeeded, made.ToString());
        }

        Assert.Equal("alpha\n", await SshAsync(config, "alpha.claude", "echo $POD"));
        Assert.Equal("beta\n", await SshAsync(config, "beta.claude", "echo $POD"));
    }

    [RealSshFact]
    public async Task A_shared_connection_is_one_connection_of_the_gateway()
    {
        string config = Configure("Connection sharing", "Standard SSH");

        string first = await LoginAsync();
        string second = await LoginAsync();
        await Command.RunAsync("ssh", ["-F", config, "-O", "exit", "gamma@claude"]);
        string third = await LoginAsync();
        await Command.RunAsync("ssh", ["-F", config, "-O", "exit", "gamma@claude"]);

        Assert.StartsWith("gamma ", first, StringComparison.Ordinal);
        // The pod's sshd sees the same port of the proxy.
        Assert.Equal(first, second);
        Assert.NotEqual(first, third);

        // The first one stays in the background and keeps its standard error open.
        async Task<string> LoginAsync() => (await Command.ShellAsync($"ssh -F {config} gamma@claude 'echo $POD $SSH_CONNECTION' 2>/dev/null")).Text;
    }

    [UnsupportedOSPlatform("windows")]
    [RealSshFact]
    public async Task Ssh_continues_if_the_pasted_fingerprint_is_the_gateways_and_does_not_if_it_is_another()
    {
        string config = Configure("Standard SSH");
        string empty = Path.Combine(_home, "empty");
        string[] options = ["-F", config, "-o", "StrictHostKeyChecking=ask", "-o", $"UserKnownHostsFile={empty}", "-o", "HostKeyAlgorithms=ssh-ed25519"];
        KeyPair published = shared.Gateway.Keys.HostKeys.Single(key => key.PublicLine.StartsWith("ssh-ed25519 ", StringComparison.Ordinal));

        foreach ((string fingerprint, bool continues) in new[] { (published.Fingerprint, true), (shared.UserKey.Fingerprint, false) })
        {
            File.Delete(empty);
            string askpass = Path.Combine(_home, "askpass");
            // ssh asks again, until the answer is one of those that it knows.
            await File.WriteAllTextAsync(askpass, $"#!/bin/sh\n[ -e {askpass}.asked ] && echo no || echo {fingerprint}\ntouch {askpass}.asked\n");
            File.SetUnixFileMode(askpass, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
            File.Delete($"{askpass}.asked");

            CommandResult login = await Command.RunAsync(
                "ssh", [.. options, "-o", "BatchMode=no", "alpha@claude", "echo $POD"],
                environment: new Dictionary<string, string> { ["SSH_ASKPASS"] = askpass, ["SSH_ASKPASS_REQUIRE"] = "force" });

            Assert.True((login.Text == "alpha\n") == continues, login.ToString());
        }
    }

    // The blocks of sections, one after the other, for the gateway under test.
    private string Configure(params string[] sections)
    {
        string text = string.Join("\n\n", sections.Select(section => Block(section, "Host ")))
            .Replace("gateway.example.com", $"{shared.Gateway.Proxies[0].Ssh.Address}", StringComparison.Ordinal)
            .Replace("Port 2222", $"Port {shared.Gateway.Proxies[0].Ssh.Port}", StringComparison.Ordinal)
            .Replace("~", _home, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(_home, ".ssh"));
        string config = Path.Combine(_home, ".ssh", "config");
        File.WriteAllText(config, $"""
            {text}

            Host *
              IdentityFile {shared.UserKey.PrivateFile}
              IdentitiesOnly yes
              StrictHostKeyChecking yes
              UserKnownHostsFile {shared.Client.KnownHosts}
              HostKeyAlias {SshClient.Host}
              BatchMode yes

            """);
        return config;
    }

    // The indented block of a section that contains a word, without the commands of examples.
    private static string Block(string section, string word)
    {
        string page = File.ReadAllText(Repository.File("docs/clients.md"));
        string rest = page[page.IndexOf($"# {section}\n", StringComparison.Ordinal)..];
        string block = IndentedBlock().Matches(rest).Select(m => m.Value).First(text => text.Contains(word, StringComparison.Ordinal));
        return string.Join('\n', block.Split('\n').Select(line => line.Length > 4 ? line[4..] : "").Where(line => !line.StartsWith('$')));
    }

    private static async Task<string> SshAsync(string config, string host, string command)
    {
        CommandResult result = await Command.RunAsync("ssh", ["-F", config, host, command]);
        Assert.True(result.Succeeded, result.ToString());
        return result.Text;
    }

    [GeneratedRegex(@"(?m)(^    .+\n(\n(?=    ))*)+")]
    private static partial Regex IndentedBlock();
}
