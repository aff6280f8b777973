using System.Net;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A user's machine: the stock ssh, scp, sftp and rsync with a configuration that trusts exactly the gateway's
/// host keys. Options are added with <see cref="With"/>.
/// </summary>
internal sealed class SshClient
{
    /// <summary>The host alias of the configuration; the session id is the user name.</summary>
    public const string Host = "gateway";

    private readonly string _config;
    private readonly IReadOnlyList<string> _options;
    private readonly IReadOnlyList<string> _launcher;

    private SshClient(string config, IReadOnlyList<string> options, IReadOnlyList<string> launcher)
    {
        _config = config;
        _options = options;
        _launcher = launcher;
    }

    public static SshClient Create(IPEndPoint gateway, KeyPair identity, IEnumerable<KeyPair> hostKeys) =>
        Create($"{gateway.Address}", gateway.Port, identity, hostKeys.Select(key => key.PublicLine));

    public static SshClient Create(string address, int port, KeyPair identity, IEnumerable<string> hostKeys)
    {
        string directory = ScratchDirectory.New("client");
        string knownHosts = Path.Combine(directory, "known_hosts");
        File.WriteAllLines(knownHosts, hostKeys.Select(key => $"{Host} {key}"));
        string config = Path.Combine(directory, "config");
        File.WriteAllText(config,
            $"""
            Host *
              HostName {address}
              Port {port}
              HostKeyAlias {Host}
              UserKnownHostsFile {knownHosts}
              GlobalKnownHostsFile /dev/null
              StrictHostKeyChecking yes
              IdentityFile {identity.PrivateFile}
              IdentitiesOnly yes
              IdentityAgent none
              PreferredAuthentications publickey
              BatchMode yes
              ConnectTimeout 10
              ServerAliveInterval 0
              ControlPath none

            """);
        return new SshClient(config, [], []);
    }

    public string KnownHosts => Path.Combine(Path.GetDirectoryName(_config)!, "known_hosts");

    /// <summary>The same client with further ssh_config options ("Keyword=value"), which win over the file's.</summary>
    public SshClient With(params string[] options) => new(_config, [.. options, .. _options], _launcher);

    /// <summary>The same client started by another program: in other namespaces, say.</summary>
    public SshClient Under(string program, IEnumerable<string> arguments) => new(_config, _options, [program, .. arguments]);

    /// <summary>Arguments that ssh, scp and sftp have in common, up to the host.</summary>
    public IReadOnlyList<string> Arguments(string sessionId) =>
    [
        "-F", _config,
        .. _options.Append($"User={sessionId}").SelectMany(option => new[] { "-o", option }),
    ];

    /// <summary>The same for a shell's command line, without the host.</summary>
    public string CommandLine(string sessionId) =>
        "ssh " + string.Join(' ', Arguments(sessionId).Select(argument => $"'{argument}'"));

    /// <summary>Runs a command in the session.</summary>
    public Task<CommandResult> RunAsync(
        string sessionId, string command, byte[]? stdin = null, TimeSpan? deadline = null, params string[] flags) =>
        RunProgramAsync("ssh", [.. Arguments(sessionId), .. flags, Host, command], stdin, deadline);

    /// <summary>Any program, where this client runs.</summary>
    public Task<CommandResult> RunProgramAsync(string program, IReadOnlyList<string> arguments, byte[]? stdin = null, TimeSpan? deadline = null)
    {
        string[] all = [.. _launcher, program, .. arguments];
        return Command.RunAsync(all[0], all[1..], stdin, deadline);
    }

    /// <summary>
    /// Runs a command in a session whose manifest was just written: an unknown session is tried again.
    /// </summary>
    public async Task<CommandResult> RunWhenKnownAsync(string sessionId, string command, byte[]? stdin = null)
    {
        CommandResult? result = null;
        await Eventually.TrueAsync(
            async () =>
            {
                result = await RunAsync(sessionId, command, stdin);
                return !result.ErrorText.Contains("Permission denied", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(10),
            () => $"{sessionId} stayed unknown.\n{result}");
        return result!;
    }

    /// <summary>ssh in the background: with -N, or with a command that waits.</summary>
    public Daemon Start(
        string sessionId, IEnumerable<string> flags, string? command = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        string[] all = [.. _launcher, "ssh", .. Arguments(sessionId), .. flags, Host, .. command is null ? Array.Empty<string>() : [command]];
        return Daemon.Start($"ssh {sessionId}", all[0], all[1..], environment);
    }

    public Task<CommandResult> CopyAsync(string sessionId, IEnumerable<string> flags, string from, string to) =>
        RunProgramAsync("scp", [.. Arguments(sessionId), .. flags, from, to], deadline: TimeSpan.FromSeconds(60));
}
