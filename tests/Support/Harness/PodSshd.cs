using System.Net;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A real sshd that plays a pod's: on an address of its own, trusting the gateway's user CA for one session only.
/// It logs in root, the user that the tests run as; the variable POD and the home directory tell pods apart.
/// </summary>
internal sealed class PodSshd : IAsyncDisposable
{
    private readonly string _directory;
    private readonly PodOptions _options;
    private Daemon? _sshd;

    private PodSshd(PodOptions options, string directory, IPEndPoint endpoint, IReadOnlyList<KeyPair> hostKeys)
    {
        _options = options;
        _directory = directory;
        Endpoint = endpoint;
        HostKeys = hostKeys;
    }

    /// <summary>The value of POD in every session of this pod.</summary>
    public string Name => _options.Name;

    public IPEndPoint Endpoint { get; }

    public IReadOnlyList<KeyPair> HostKeys { get; private set; }

    /// <summary>$HOME of every session of this pod; the sessions still start in root's own.</summary>
    public string Home => Path.Combine(_directory, "home");

    /// <summary>The keys that it admits by itself; sshd reads it at each login.</summary>
    public string AuthorizedKeysFile => Path.Combine(_directory, "authorized_keys");

    /// <summary>What sshd logged so far, at LogLevel VERBOSE unless the options say otherwise.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => Path.Combine(_directory, "sshd.log");

    public static async Task<PodSshd> StartAsync(PodOptions options)
    {
        string directory = ScratchDirectory.New(options.Name);
        IReadOnlyList<KeyPair> hostKeys = options.HostKeys
            ?? [await KeyPair.GenerateAsync(directory, "host_key")];
        PodSshd pod = new(options, directory, options.Endpoint ?? Loopback.ForPod(), hostKeys);
        Directory.CreateDirectory(pod.Home);
        await pod.StartAsync();
        return pod;
    }

    public async Task StartAsync(IReadOnlyList<KeyPair>? otherHostKeys = null)
    {
        HostKeys = otherHostKeys ?? HostKeys;
        // sshd's privilege separation directory, which only its service unit makes.
        Directory.CreateDirectory("/run/sshd");
        string principals = Path.Combine(_directory, "principals");
        await File.WriteAllTextAsync(principals, _options.SessionId + "\n");
        await File.WriteAllLinesAsync(AuthorizedKeysFile, _options.AuthorizedKeys);
        string config = Path.Combine(_directory, "sshd_config");
        await File.WriteAllLinesAsync(config,
        [
            $"ListenAddress {Endpoint}",
            .. HostKeys.Select(key => $"HostKey {key.PrivateFile}"),
            $"TrustedUserCAKeys {_options.UserCaPublicFile}",
            $"AuthorizedPrincipalsFile {principals}",
            $"AuthorizedKeysFile {AuthorizedKeysFile}",
            "AuthenticationMethods publickey",
            "PermitRootLogin prohibit-password",
            // The scratch directory lies under /tmp, which is writable for all.
            "StrictModes no",
            "UsePAM no",
            "PidFile none",
            "PrintMotd no",
            "AcceptEnv E2E_*",
            "Subsystem sftp internal-sftp",
            $"SetEnv POD={Name} HOME={Home}",
            .. _options.ExtraConfig,
            "LogLevel VERBOSE",
        ]);
        string sshd = Tools.Find("sshd")!;
        string[] command = [sshd, "-D", "-f", config, "-E", LogFile];
        command = _options.NetworkSpace is { } space ? ["ip", "netns", "exec", space, .. command] : command;
        _sshd = Daemon.Start($"sshd of {Name}", command[0], command[1..]);
        await Eventually.TrueAsync(
            () => !_sshd.HasExited && Listens(),
            TimeSpan.FromSeconds(10),
            () => $"sshd of {Name} does not listen.\n{_sshd.Output}\n{Log}");
    }

    /// <summary>Ends sshd and every session in it.</summary>
    public async Task StopAsync()
    {
        if (_sshd is not null)
        {
            await _sshd.DisposeAsync();
            _sshd = null;
        }
    }

    public Task WaitForLogAsync(string text) => Eventually.TrueAsync(
        () => Log.Contains(text, StringComparison.Ordinal),
        TimeSpan.FromSeconds(5),
        () => $"sshd of {Name} did not log \"{text}\".\n{Log}");

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>
    /// Reads the kernel's list of listeners in sshd's network: a connection would be one more line in sshd's log.
    /// </summary>
    private bool Listens() => TcpTable.IsListening(Endpoint, _sshd!.Id);
}
