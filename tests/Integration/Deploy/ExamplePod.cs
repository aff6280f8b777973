using System.Text.Json;
using System.Text.RegularExpressions;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>
/// The container of deploy/examples/claude-pod.yaml without a container engine: its volumes, its command and its probe,
/// in mount and network namespaces of their own, as the user that it names and without any privilege.
/// </summary>
internal sealed partial class ExamplePod : IAsyncDisposable
{
    private const string Ready = "the volumes are mounted";

    private readonly string _directory;
    private readonly JsonElement _spec;
    private readonly JsonElement _container;
    private readonly string _asTheContainer;
    private readonly KeyPair _userCa;
    private Daemon _namespaces;
    private Daemon? _sshd;

    private ExamplePod(string directory, JsonElement spec, Daemon namespaces, KeyPair userCa)
    {
        _directory = directory;
        _spec = spec;
        _container = spec.GetProperty("containers")[0];
        _namespaces = namespaces;
        _userCa = userCa;
        JsonElement user = spec.GetProperty("securityContext");
        _asTheContainer = $"setpriv --reuid {user.GetProperty("runAsUser")} --regid {user.GetProperty("runAsGroup")} --clear-groups"
            + " --no-new-privs --bounding-set=-all --inh-caps=-all";
    }

    public string Log => _sshd?.Output ?? "";

    /// <summary>The volume of the host key, where the node has it.</summary>
    public string Keys => Path.Combine(_directory, "keys");

    public static async Task<Version> SshdVersionAsync()
    {
        CommandResult result = await Command.RunAsync("ssh", ["-V"]);
        return Version.Parse(OpenSshVersion().Match(result.ErrorText).Groups[1].Value);
    }

    /// <param name="withPenalties">With the ConfigMap for OpenSSH 9.8 and newer.</param>
    public static async Task<ExamplePod> StartAsync(bool withPenalties)
    {
        string directory = ScratchDirectory.New("example-pod");
        IReadOnlyList<JsonElement> objects = Manifest.Load("deploy/examples/claude-pod.yaml");
        JsonElement spec = objects.Single(o => o.Kind() == "Pod").GetProperty("spec");
        KeyPair userCa = await KeyPair.GenerateAsync(directory, "user_ca");
        WriteConfigMap(Path.Combine(directory, "config"), objects.Single(o => o.Kind() == "ConfigMap"));
        WriteConfigMap(Path.Combine(directory, "config.d"), withPenalties ? Manifest.Load("deploy/examples/claude-sshd-9.8.yaml").Single() : null);
        Directory.CreateDirectory(Path.Combine(directory, "ca"));
        File.Copy(userCa.PublicFile, Path.Combine(directory, "ca", "user_ca.pub"));
        // The downward API writes no line break.
        await File.WriteAllTextAsync(Path.Combine(directory, "principals"), objects.Single(o => o.Kind() == "Pod").At("metadata.labels").GetProperty("tars.cloudwalk.network/session").GetString());
        await File.WriteAllTextAsync(Path.Combine(directory, "passwd"), "root:x:0:0::/root:/bin/sh\nclaude:x:1000:1000::/home/claude:/bin/sh\n");

        Directory.CreateDirectory(Path.Combine(directory, "keys"));
        return new ExamplePod(directory, spec, await MountAsync(directory, spec), userCa);
    }

    /// <summary>The container ends and its command runs again in the same pod.</summary>
    public async Task RestartContainerAsync()
    {
        await _sshd!.DisposeAsync();
        await StartSshdAsync();
    }

    /// <summary>The node goes down with its memory and comes up with the same pod.</summary>
    public async Task RebootNodeAsync()
    {
        await _sshd!.DisposeAsync();
        await _namespaces.DisposeAsync();
        _namespaces = await MountAsync(_directory, _spec);
        await StartSshdAsync();
    }

    /// <summary>The host key that sshd shows.</summary>
    public async Task<string> HostKeyAsync()
    {
        CommandResult scan = await Command.RunAsync("nsenter", [.. Inside(), "ssh-keyscan", "-t", "ed25519", "-p", "2222", "127.0.0.1"]);
        Assert.True(scan.Succeeded, scan.ToString());
        return scan.Text.Trim();
    }

    /// <summary>The container's command; returns when the readiness probe succeeds.</summary>
    public async Task StartSshdAsync()
    {
        string[] command = Strings(_container.GetProperty("command"));
        _sshd = Daemon.Start("the example pod's sshd", "nsenter", [.. Inside(), .. _asTheContainer.Split(' '), .. command]);
        await Eventually.TrueAsync(IsReadyAsync, TimeSpan.FromSeconds(20), () => $"the readiness probe does not succeed.\n{Log}");
    }

    public async Task<bool> IsReadyAsync()
    {
        string[] probe = Strings(_container.At("readinessProbe.exec.command"));
        return (await Command.RunAsync("nsenter", [.. Inside(), .. _asTheContainer.Split(' '), .. probe])).Succeeded;
    }

    /// <summary>A command of the container's user, with a host key for sshd -t to find.</summary>
    public Task<CommandResult> RunInsideAsync(string command) =>
        Command.RunAsync("nsenter", [.. Inside(), .. _asTheContainer.Split(' '), "sh", "-ec",
            $"test -s /run/claude-ssh/keys/ssh_host_ed25519_key || ssh-keygen -q -t ed25519 -N '' -f /run/claude-ssh/keys/ssh_host_ed25519_key; {command}"]);

    /// <summary>A login as the gateway does it: with a certificate for one session.</summary>
    public async Task<CommandResult> LogInAsync(string sessionId, string command)
    {
        KeyPair key = await KeyPair.GenerateAsync(Directory.CreateDirectory(Path.Combine(_directory, $"login-{Guid.NewGuid():N}")).FullName, "key");
        CommandResult signed = await Command.RunAsync("ssh-keygen", ["-q", "-s", _userCa.PrivateFile, "-I", $"session={sessionId}", "-n", sessionId, "-V", "-5m:+5m", key.PublicFile]);
        Assert.True(signed.Succeeded, signed.ToString());
        return await Command.RunAsync("nsenter", [.. Inside(), "ssh", "-tt", "-F", "none", "-p", "2222", "-i", key.PrivateFile, "-o", "BatchMode=yes",
            "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "claude@127.0.0.1", command]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_sshd is not null)
        {
            await _sshd.DisposeAsync();
        }
        await _namespaces.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    // Every volume is there, as kubelet makes them: writable for everybody at its top.
    private static async Task<Daemon> MountAsync(string directory, JsonElement spec)
    {
        JsonElement keys = spec.GetProperty("volumes").EnumerateArray().Single(v => v.GetProperty("name").GetString() == "keys").GetProperty("emptyDir");
        bool inMemory = keys.TryGetProperty("medium", out JsonElement medium) && medium.GetString() == "Memory";
        string mountKeys = inMemory ? "mount -t tmpfs tmpfs" : $"mount --bind '{directory}/keys'";
        string setup = $"""
            mount --make-rprivate /
            mount -t tmpfs -o mode=0755 tmpfs /run
            mkdir -p /run/claude-ssh/config /run/claude-ssh/config.d /run/claude-ssh/ca /run/claude-ssh/keys
            touch /run/claude-ssh/principals
            mount --bind '{directory}/config' /run/claude-ssh/config
            mount --bind '{directory}/config.d' /run/claude-ssh/config.d
            mount --bind '{directory}/ca' /run/claude-ssh/ca
            mount --bind '{directory}/principals' /run/claude-ssh/principals
            {mountKeys} /run/claude-ssh/keys
            chmod 0777 /run/claude-ssh/keys
            mount -t tmpfs -o mode=0777 tmpfs /home
            mkdir -m 0777 /home/claude
            mount --bind '{directory}/passwd' /etc/passwd
            # As container runtimes do: a terminal belongs to the group tty, which an ordinary user's sshd could not give it to.
            mount -t devpts -o newinstance,gid=5,mode=0620,ptmxmode=0666 devpts /dev/pts
            mount --bind /dev/pts/ptmx /dev/ptmx
            ip link set lo up
            echo '{Ready}'
            exec sleep infinity
            """;
        Daemon namespaces = Daemon.Start("the example pod", "unshare", ["--mount", "--net", "sh", "-ec", setup]);
        await namespaces.WaitForLineAsync(Ready);
        return namespaces;
    }

    private string[] Inside() => ["--target", $"{_namespaces.Id}", "--mount", "--net"];

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetString()!)];

    private static void WriteConfigMap(string directory, JsonElement? configMap)
    {
        Directory.CreateDirectory(directory);
        foreach (JsonProperty file in configMap?.GetProperty("data").EnumerateObject() ?? default)
        {
            File.WriteAllText(Path.Combine(directory, file.Name), file.Value.GetString());
        }
    }

    [GeneratedRegex("OpenSSH_([0-9]+\\.[0-9]+)")]
    private static partial Regex OpenSshVersion();
}
