using System.Net;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A pod whose SSH server is TinySSH. It knows Ed25519 keys only, in root's authorized_keys. A mount namespace gives it
/// a home of root of its own.
/// </summary>
internal sealed class TinySshPod : IAsyncDisposable
{
    private readonly Daemon _listener;

    private TinySshPod(Daemon listener, IPEndPoint endpoint)
    {
        _listener = listener;
        Endpoint = endpoint;
    }

    public IPEndPoint Endpoint { get; }

    public string Log => _listener.Output;

    public static async Task<TinySshPod> StartAsync(string name, params string[] authorizedKeys)
    {
        string directory = ScratchDirectory.New(name);
        string home = Path.Combine(directory, "home");
        string keys = Path.Combine(directory, "keys");
        DirectoryInfo ssh = Directory.CreateDirectory(Path.Combine(home, ".ssh"));
        await File.WriteAllLinesAsync(Path.Combine(ssh.FullName, "authorized_keys"), authorizedKeys);
        CommandResult made = await Command.RunAsync("tinysshd-makekey", [keys]);
        Assert.True(made.Succeeded, made.ToString());
        IPEndPoint endpoint = Loopback.ForPod();
        Daemon listener = Daemon.Start(
            $"TinySSH of {name}",
            "unshare",
            [
                "--mount", "bash", "-c", "mount --bind \"$1\" /root && exec socat \"$2\" \"EXEC:$3 -v $4\"", "tinysshd",
                home, $"TCP-LISTEN:{endpoint.Port},bind={endpoint.Address},fork,reuseaddr", Tools.Find("tinysshd")!,
                keys,
            ]);
        await Eventually.TrueAsync(
            () => !listener.HasExited && TcpTable.IsListening(endpoint, listener.Id),
            TimeSpan.FromSeconds(10),
            () => $"TinySSH does not listen.\n{listener.Output}");
        return new TinySshPod(listener, endpoint);
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
