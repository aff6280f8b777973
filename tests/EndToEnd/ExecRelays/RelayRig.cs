using System.Globalization;
using System.Net;
using SshGateway.Tests.Support.ExecApi;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.ExecRelays;

/// <summary>
/// The whole way: stock ssh, a proxy, an exec relay, an operator on a directory. <see cref="StandInApiServer"/> stands
/// in for the API server and kubelet, and runs real processes of this machine.
/// </summary>
internal sealed class RelayRig : IAsyncDisposable
{
    public const string Id = "demo-exec";
    public const string Container = "agent";

    private const string Space = "claude";
    private const string PodName = "execpod";

    // The pod's address. Nothing listens there.
    private static readonly IPAddress Address = IPAddress.Parse("127.9.9.9");

    private readonly string _pinned = ScratchDirectory.New("relay-host-keys");
    private readonly int _port = Loopback.FreePort();
    private Gateway? _gateway;
    private SshClient? _client;

    private RelayRig(StandInApiServer api, GatewayKeys keys, KeyPair hostKey, KeyPair user) => (Api, Keys, HostKey, User) = (api, keys, hostKey, user);

    public StandInApiServer Api { get; }

    public GatewayKeys Keys { get; }

    /// <summary>The relay's.</summary>
    public KeyPair HostKey { get; }

    public KeyPair User { get; }

    public Gateway Gateway => _gateway!;

    public RelayProcess Relay { get; private set; } = null!;

    public SshClient Client => _client!;

    /// <summary>The file of the user CA's public key that the relay reads.</summary>
    public string UserCaFile { get; } = Path.Combine(ScratchDirectory.New("relay-user-ca"), "user_ca.pub");

    /// <summary>Where the proxy records.</summary>
    public string Recordings { get; } = ScratchDirectory.New("relay-recordings");

    /// <summary>Everything that the processes said, for the message of a failed test.</summary>
    public string Logs => Gateway.Logs;

    public static async Task<RelayRig> StartAsync(params string[] relayArguments)
    {
        var rig = new RelayRig(
            await StandInApiServer.StartAsync(), await GatewayKeys.GenerateAsync(), await KeyPair.GenerateAsync(ScratchDirectory.New("relay-keys"), "ssh_host_ed25519_key"),
            await KeyPair.GenerateAsync(ScratchDirectory.New("exec-user"), "user"));
        try
        {
            await rig.StartProcessesAsync(relayArguments);
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>The pod with this UID becomes the session's, in the API server and in the manifests.</summary>
    public void PutPod(string uid, string backend = "Exec", string recording = "None")
    {
        Api.AddPod(Space, PodName, uid, Container);
        Gateway.Manifests.Write(
            new SessionManifest(Id, [User.PublicLine]) { PodName = PodName, Recording = recording, Limits = [$"backend: {backend}"] },
            new PodManifest(PodName, Id, Address) { Uid = uid, Container = Container });
    }

    /// <summary>Lets the proxies expect this host key, and no other.</summary>
    public void Pin(KeyPair hostKey) => File.Copy(hostKey.PublicFile, Path.Combine(_pinned, "ssh_host_ed25519_key.pub"), overwrite: true);

    /// <summary>One more relay, which no proxy knows, or the same one again.</summary>
    public Task<RelayProcess> StartRelayAsync(int port, params string[] arguments) => Gateway.AddRelayAsync(
    [
        string.Create(CultureInfo.InvariantCulture, $"--Exec:Listen=127.0.0.1:{port}"), $"--Exec:HostKeys:0={HostKey.PrivateFile}", $"--Exec:UserCa={UserCaFile}",
        $"--Exec:Kubeconfig={Api.Kubeconfig}", .. arguments,
    ]);

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }
        await Api.DisposeAsync();
    }

    private async Task StartProcessesAsync(string[] relayArguments)
    {
        File.Copy(Keys.UserCa.PublicFile, UserCaFile);
        Pin(HostKey);
        _gateway = await Gateway.StartAsync(Keys, new GatewayOptions
        {
            ProxyArguments =
            [[
                $"--Proxy:ExecRelayHostKeys={_pinned}", string.Create(CultureInfo.InvariantCulture, $"--Proxy:ExecRelays:0=127.0.0.1:{_port}"),
                $"--Proxy:RecordingDirectory={Recordings}", "--Proxy:RecordingMinFreeSpace=0",
            ]],
        });
        _client = SshClient.Create(Gateway.Proxies[0].Ssh, User, Keys.HostKeys);
        PutPod("uid-1");
        Relay = await StartRelayAsync(_port, relayArguments);
        await Gateway.WaitUntilReadyAsync(Relay);
    }
}
