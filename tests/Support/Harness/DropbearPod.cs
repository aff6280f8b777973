using System.Net;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A pod whose SSH server is Dropbear. It knows no certificates, so it has keys in root's authorized_keys; root's home
/// is the pod's own, in a mount namespace.
/// </summary>
internal sealed class DropbearPod : IAsyncDisposable
{
    private readonly Daemon _dropbear;

    private DropbearPod(Daemon dropbear, IPEndPoint endpoint)
    {
        _dropbear = dropbear;
        Endpoint = endpoint;
    }

    public IPEndPoint Endpoint { get; }

    public string Log => _dropbear.Output;

    public static async Task<DropbearPod> StartAsync(string name, params string[] authorizedKeys)
    {
        string directory = ScratchDirectory.New(name);
        string home = Path.Combine(directory, "home");
        string hostKey = Path.Combine(directory, "host_key");
        DirectoryInfo ssh = Directory.CreateDirectory(Path.Combine(home, ".ssh"));
        await File.WriteAllLinesAsync(Path.Combine(ssh.FullName, "authorized_keys"), authorizedKeys);
        CommandResult made = await Command.RunAsync("dropbearkey", ["-t", "ecdsa", "-f", hostKey]);
        Assert.True(made.Succeeded, made.ToString());
        IPEndPoint endpoint = Loopback.ForPod();
        Daemon dropbear = Daemon.Start(
            $"dropbear of {name}",
            "unshare",
            [
                "--mount", "bash", "-c", "mount --bind \"$1\" /root && exec \"$2\" -F -E -s -p \"$3\" -r \"$4\" -P \"$4.pid\"", "dropbear",
                home, Tools.Find("dropbear")!, $"{endpoint}", hostKey,
            ]);
        await Eventually.TrueAsync(
            () => !dropbear.HasExited && TcpTable.IsListening(endpoint, dropbear.Id), TimeSpan.FromSeconds(10), () => $"Dropbear does not listen.\n{dropbear.Output}");
        return new DropbearPod(dropbear, endpoint);
    }

    public ValueTask DisposeAsync() => _dropbear.DisposeAsync();
}
