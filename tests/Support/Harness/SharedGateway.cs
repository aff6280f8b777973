namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// One gateway with three proxies and three pods for all tests that do not break anything. The first proxy gives up
/// soon where a pod is missing or silent, the second one offers chacha20-poly1305 as well, the third one expects PROXY
/// headers from <see cref="Balancer"/> and prints its audit log. Each pod is named like its session.
/// </summary>
public sealed class SharedGateway : IAsyncLifetime
{
    public const string Alpha = "alpha";
    public const string Beta = "beta";
    public const string Gamma = "gamma";

    /// <summary>The number of the proxy that expects PROXY headers, and from where.</summary>
    public const int BehindBalancer = 2;

    public const string Balancer = "127.0.0.50";

    private static readonly string[] AllCiphers =
    [
        "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr", "chacha20-poly1305@openssh.com",
    ];

    private readonly List<PodSshd> _pods = [];
    private Gateway? _gateway;
    private KeyPair? _userKey;

    internal Gateway Gateway => _gateway!;

    /// <summary>The key that every session here admits.</summary>
    internal KeyPair UserKey => _userKey!;

    /// <summary>A user of the first proxy.</summary>
    internal SshClient Client => ClientOf(0);

    internal SshClient ClientOf(int proxy, KeyPair? identity = null) =>
        SshClient.Create(Gateway.Proxies[proxy].Ssh, identity ?? UserKey, Gateway.Keys.HostKeys);

    internal PodSshd Pod(string name) => _pods.Single(pod => pod.Name == name);

    /// <summary>A further pod whose session admits the user key, with its manifests written.</summary>
    internal async Task<PodSshd> AddPodAsync(
        string id, Func<PodOptions, PodOptions>? change = null, Func<SessionManifest, PodSshd, SessionManifest>? session = null)
    {
        PodOptions options = new(id, id, Gateway.Keys.UserCa.PublicFile);
        PodSshd pod = await PodSshd.StartAsync(change?.Invoke(options) ?? options);
        SessionManifest manifest = new(id, [UserKey.PublicLine]) { Port = pod.Endpoint.Port };
        Gateway.Manifests.Write(session?.Invoke(manifest, pod) ?? manifest, new PodManifest(id, id, pod.Endpoint.Address));
        return pod;
    }

    async Task IAsyncLifetime.InitializeAsync()
    {
        if (Tools.Missing(["ssh", "sshd", "ssh-keygen"]) is not null)
        {
            return;
        }

        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        _userKey = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id_ed25519");
        _gateway = await Gateway.StartAsync(keys, new GatewayOptions
        {
            ProxyArguments =
            [
                ["--Proxy:WaitForPod=00:00:01", "--Proxy:PodLoginTimeout=00:00:10"],
                [.. AllCiphers.Select((cipher, index) => $"--Proxy:Ciphers:{index}={cipher}")],
                [$"--Proxy:ProxyProtocolFrom:0={Balancer}/32", "--Proxy:AuditLog=-"],
            ],
        });
        foreach (string id in new[] { Alpha, Beta, Gamma })
        {
            // A hard limit where the default drops at random: the proxies together may have eight logins under way at a
            // pod.
            _pods.Add(await AddPodAsync(id, options => options with { ExtraConfig = ["MaxStartups 8"] }));
        }

        for (int proxy = 0; proxy < 2; proxy++)
        {
            foreach (PodSshd pod in _pods)
            {
                CommandResult first = await ClientOf(proxy).RunWhenKnownAsync(pod.Name, "true");
                Assert.True(first.Succeeded, $"The first login to {pod.Name} failed.\n{first}\n{Gateway.Logs}\n{pod.Log}");
            }
        }
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        foreach (PodSshd pod in _pods)
        {
            await pod.DisposeAsync();
        }
    }
}
