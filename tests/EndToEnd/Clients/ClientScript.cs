using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>
/// One of the scripts beside this file: a client under its own name, as a program that is told what to do.
/// <code>
/// version                                 its name and version, in its own words
/// run &lt;command&gt;                           in the session; with the command's output and exit status
/// copy &lt;local&gt; &lt;remote&gt; &lt;back&gt;           a file into the session, and from there to another file
/// rekey &lt;bytes&gt; &lt;local&gt; &lt;remote&gt; &lt;back&gt;
///                               the same with new keys every so many bytes by the client; prints "key exchanges: N"
/// link &lt;target&gt; &lt;path&gt;                  a symbolic link by SFTP (some)
/// forward &lt;socket&gt;                      prints what a Unix socket in the session says (ssh2)
/// </code>
/// Status 64: the client has no such thing. The environment says where the gateway is (HOST, PORT; KNOWN_HOSTS, its
/// host keys), who logs in (SESSION, KEY), and what is at hand: CONFIG, an ssh_config with a host "gateway", and WORK,
/// an empty directory.
/// </summary>
internal sealed partial class ClientScript(string name, ProxyProcess proxy, ClientGateway shared)
{
    private const int NotSupported = 64;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>Null: the client cannot do it.</summary>
    public async Task<CommandResult?> TryAsync(string verb, params string[] arguments)
    {
        string work = ScratchDirectory.New(name);
        IPEndPoint ssh = proxy.Ssh;
        string config = Path.Combine(work, "ssh_config");
        string knownHosts = Path.Combine(work, "known_hosts");
        await File.WriteAllLinesAsync(
            knownHosts,
            shared.Gateway.Keys.HostKeys.SelectMany(key => new[] { $"{ssh.Address} {WithoutComment(key)}", $"[{ssh.Address}]:{ssh.Port} {WithoutComment(key)}" }));
        await File.WriteAllTextAsync(config,
            $"""
            Host gateway
              HostName {ssh.Address}
              Port {ssh.Port}
              UserKnownHostsFile {knownHosts}
              GlobalKnownHostsFile /dev/null
              StrictHostKeyChecking yes
              IdentityFile {shared.UserKey.PrivateFile}
              IdentitiesOnly yes
              IdentityAgent none
              BatchMode yes
              User {ClientGateway.Session}

            """);
        CommandResult result = await Command.RunAsync(
            Repository.File(Path.Combine("tests", "EndToEnd", "Clients", name)),
            [verb, .. arguments],
            deadline: Deadline,
            environment: new Dictionary<string, string>
            {
                ["HOST"] = $"{ssh.Address}",
                ["PORT"] = $"{ssh.Port}",
                ["SESSION"] = ClientGateway.Session,
                ["KEY"] = shared.UserKey.PrivateFile,
                ["KNOWN_HOSTS"] = knownHosts,
                ["CONFIG"] = config,
                ["WORK"] = work,
            });
        return result.ExitCode == NotSupported ? null : result;
    }

    /// <summary>How many key exchanges the client has counted.</summary>
    public static int KeyExchanges(CommandResult result)
    {
        Match match = Counted().Match(result.Text);
        return match.Success ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    // Dropbear takes a comment for a part of the key.
    private static string WithoutComment(KeyPair key) => string.Join(' ', key.PublicLine.Split(' ')[..2]);

    [GeneratedRegex(@"key exchanges: (\d+)")]
    private static partial Regex Counted();
}
