using System.Net;

namespace SshGateway.Tests.EndToEnd.Harness;

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

    private SshClient(string config, IReadOnlyList<string> options)
    {
        _config = config;
        _options = options;
    }

    public static SshClient Create(IPEndPoint gateway, KeyPair identity, IEnumerable<KeyPair> hostKeys)
    {
        string directory = ScratchDirectory.New("client");
        string knownHosts = Path.Combine(directory, "known_hosts");
        File.WriteAllLines(knownHosts, hostKeys.Select(key => $"{Host} {key.PublicLine}"));
        string config = Path.Combine(directory, "config");
        File.WriteAllText(config,
            $"""
            Host *
              HostName {gateway.Address}
              Port {gateway.Port}
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
        return new SshClient(config, []);
    }

    public string KnownHosts => Path.Combine(Path.GetDirectoryName(_config)!, "known_hosts");

    /// <summary>The same client with further ssh_config options ("Keyword=value"), which win over the file's.</summary>
    public SshClient With(params string[] options) => new(_config, [.. options, .. _options]);

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
        Command.RunAsync("ssh", [.. Arguments(sessionId), .. flags, Host, command], stdin, deadline);

    /// <summary>Runs a command in a session whose manifest was just written: an unknown session is tried again.</summary>
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
        string sessionId, IEnumerable<string> flags, string? command = null, IReadOnlyDictionary<string, string>? environment = null) =>
        Daemon.Start(
            $"ssh {sessionId}",
            "ssh",
            [.. Arguments(sessionId), .. flags, Host, .. command is null ? Array.Empty<string>() : [command]],
            environment);

    public Task<CommandResult> CopyAsync(string sessionId, IEnumerable<string> flags, string from, string to) =>
        Command.RunAsync("scp", [.. Arguments(sessionId), .. flags, from, to], deadline: TimeSpan.FromSeconds(60));
}
