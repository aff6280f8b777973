using System.Net;
using System.Text.Json.Nodes;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.EndToEnd.Soak;

/// <summary>
/// The gateway under load. The first proxy and the first operator run all the time; the others are killed and
/// started again. The last tenth of the sessions comes and goes.
/// </summary>
internal sealed class SoakGateway : IAsyncDisposable
{
    public const int Sessions = 500;
    public const int Lasting = Sessions * 9 / 10;

    // sshd listens on at most 16 addresses (MAX_LISTEN_SOCKS).
    private const int AddressesPerSshd = 16;

    private const string Patience = "ConnectTimeout=60";

    private readonly KubernetesServer _server;
    private readonly Gateway _gateway;
    private readonly string _space;
    private readonly List<PodSshd> _sshds = [];
    private readonly IPEndPoint[] _pods = new IPEndPoint[Sessions];
    private readonly string[][] _proxyArguments;
    private readonly ProxyProcess[] _proxies;
    private readonly int[] _lives;
    private readonly SshClient[] _clients;
    private SshClient[] _passthroughClients = [];

    private SoakGateway(KubernetesServer server, Gateway gateway, string space, KeyPair user, string[][] proxyArguments)
    {
        _server = server;
        _gateway = gateway;
        _space = space;
        User = user;
        UserKey = KeyFile.Load(user.PrivateFile);
        _proxyArguments = proxyArguments;
        _proxies = [.. gateway.Proxies];
        _lives = new int[_proxies.Length];
        _clients = [.. _proxies.Select(proxy => SshClient.Create(proxy.Ssh, user, gateway.Keys.HostKeys).With(Patience))];
    }

    public KeyPair User { get; }

    public SshPrivateKey UserKey { get; }

    public IReadOnlyList<ProxyProcess> Proxies => _proxies;

    public Daemon SteadyProxy => _proxies[0].Daemon;

    public Daemon SteadyOperator => _gateway.Operator(0);

    /// <summary>How many processes were killed or told to end.</summary>
    public int Kills { get; private set; }

    public string Logs => _gateway.Logs;

    public static string Id(int session) => $"soak-{session}";

    public IPEndPoint Pod(int session) => _pods[session];

    public static async Task<SoakGateway> StartAsync(KubernetesServer server)
    {
        string space = await server.Admin.CreateNamespaceAsync();
        string[] source =
        [
            "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={server.Kubeconfig()}", $"--Operator:Namespaces:0={space}", $"--Operator:LeaseNamespace={space}",
        ];
        // The ports stay when a proxy is started again.
        string[][] proxies =
        [
            .. Enumerable.Range(0, 3).Select(_ => new[]
            {
                $"--Proxy:Listen=127.0.0.1:{Loopback.FreePort()}", "--Proxy:WaitForPod=00:00:02", "--Proxy:DrainDelay=00:00:00", "--Proxy:DrainTimeout=00:00:01",
                "--Proxy:HandshakesPerPod=100", "--Proxy:PassthroughPerSource=1000",
            }),
        ];
        Gateway gateway = await Gateway.StartAsync(
            await GatewayKeys.GenerateAsync(), new GatewayOptions { OperatorSources = [source, source], ProxyArguments = proxies });
        KeyPair user = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id_ed25519");
        SoakGateway soak = new(server, gateway, space, user, proxies);
        try
        {
            await soak.CreateAsync();
            return soak;
        }
        catch
        {
            await soak.DisposeAsync();
            throw;
        }
    }

    public SshClient Client(int proxy) => _clients[proxy];

    /// <summary>A client of CONNECT, which trusts the pods' own host keys.</summary>
    public SshClient ClientOfPod(int proxy, int session) => _passthroughClients[proxy]
        .With("User=root", $"HostName={Id(session)}", "Port=22", $"ProxyCommand=ncat --proxy {_proxies[proxy].Ssh} --proxy-type http %h %p");

    /// <summary>How often a proxy has ended or come back: an odd number while it is away.</summary>
    public int LifeOf(int proxy) => Volatile.Read(ref _lives[proxy]);

    /// <summary>Ends the next process that is not steady, by SIGKILL or by SIGTERM, and starts it again.</summary>
    public async Task ReplaceAsync(int turn)
    {
        int which = turn % 3;
        if (which == 0)
        {
            await _gateway.KillOperatorAsync(1);
            await _gateway.StartOperatorAsync(1);
        }
        else
        {
            Interlocked.Increment(ref _lives[which]);
            if (turn % 2 == 0)
            {
                await _proxies[which].Daemon.TerminateAsync();
                await Eventually(() => _proxies[which].Daemon.HasExited, $"proxy {which} does not end\n{Logs}");
            }
            await _proxies[which].Daemon.KillAsync();
            _proxies[which] = await _gateway.AddProxyAsync(_proxyArguments[which]);
            await Gateway.WaitUntilReadyAsync(_proxies[which]);
            Interlocked.Increment(ref _lives[which]);
        }
        Kills++;
    }

    /// <summary>A session of the last tenth is made anew, gets another pod, or has one that is not ready.</summary>
    public async Task ChurnAsync(Random random)
    {
        int session = random.Next(Lasting, Sessions);
        string id = Id(session);
        switch (random.Next(3))
        {
            case 0:
                await _server.Admin.DeleteSessionAsync(_space, id);
                await CreateSessionAsync(session);
                break;
            case 1:
                await _server.Admin.DeletePodAsync(_space, id);
                await CreatePodAsync(session);
                break;
            default:
                await SetReadyAsync(session, false);
                await SetReadyAsync(session, true);
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PodSshd sshd in _sshds)
        {
            await sshd.DisposeAsync();
        }
        UserKey.Dispose();
        await _gateway.DisposeAsync();
    }

    private static Task Eventually(Func<bool> condition, string expectation) => Support.Eventually.TrueAsync(condition, expectation);

    private async Task CreateAsync()
    {
        foreach (int[] sessions in Enumerable.Range(0, Sessions).Chunk(AddressesPerSshd))
        {
            IPEndPoint first = Loopback.ForPod();
            foreach (int session in sessions)
            {
                _pods[session] = session == sessions[0] ? first : new IPEndPoint(Loopback.ForPod().Address, first.Port);
            }
            // One sshd plays the pods of all of them: it admits each one's principal.
            _sshds.Add(await PodSshd.StartAsync(new PodOptions($"pods-{sessions[0]}", string.Join('\n', sessions.Select(Id)), _gateway.Keys.UserCa.PublicFile)
            {
                Endpoint = first,
                AuthorizedKeys = [User.PublicLine],
                ExtraConfig = ["MaxStartups 200", .. sessions.Skip(1).Select(session => $"ListenAddress {_pods[session]}")],
            }));
            foreach (int session in sessions)
            {
                await CreateSessionAsync(session);
                await CreatePodAsync(session);
            }
        }
        _passthroughClients = [.. _proxies.Select(proxy => SshClient.Create(proxy.Ssh, User, _sshds.SelectMany(sshd => sshd.HostKeys)).With(Patience))];
        await _server.Admin.UntilStatusAsync(_space, Id(Sessions - 1), "Ready", "EndpointReady");
        await Support.Eventually.TrueAsync(
            async () => (await Task.WhenAll(_proxies.Select(proxy => Scrape.OfAsync(proxy.Http)))).All(scrape => scrape["sshgateway_proxy_table_entries"] == Sessions),
            () => $"the proxies do not know all sessions\n{Logs}");
    }

    private Task CreateSessionAsync(int session) => _server.Admin.CreateSessionAsync(_space, Id(session), created => created["spec"]!["ssh"] = new JsonObject
    {
        ["authorizedKeys"] = new JsonArray(User.PublicLine),
        ["port"] = _pods[session].Port,
        ["targetUser"] = "root",
        ["passthrough"] = true,
    });

    private async Task CreatePodAsync(int session)
    {
        await _server.Admin.CreatePodAsync(_space, Id(session), Id(session));
        await SetReadyAsync(session, true);
    }

    private Task SetReadyAsync(int session, bool ready) => _server.Admin.SetStatusAsync(_space, Id(session), $"{_pods[session].Address}", ready);
}
