using System.Net;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A whole gateway: keys, manifest directory, its operator processes, usually one, its proxy processes and exec relays.
/// </summary>
internal sealed class Gateway : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(5);
    private readonly GatewayOptions _options;
    private readonly int[] _feedPorts;
    private readonly Daemon?[] _operators;
    private readonly List<Daemon> _started = [];
    private readonly List<ProxyProcess> _proxies = [];

    private Gateway(GatewayKeys keys, GatewayOptions options)
    {
        Keys = keys;
        _options = options;
        _operators = new Daemon?[options.OperatorSources.Count];
        _feedPorts = [.. _operators.Select(_ => Loopback.FreePort())];
    }

    public GatewayKeys Keys { get; }

    public ManifestDirectory Manifests { get; } = new();

    /// <summary>The probes and metrics of the operator that was started last.</summary>
    public Uri OperatorHttp { get; private set; } = null!;

    public IReadOnlyList<ProxyProcess> Proxies => _proxies;

    /// <summary>Where the first operator's feed is.</summary>
    public int FeedPort => _feedPorts[0];

    /// <summary>Everything that the processes said, for the message of a failed test.</summary>
    public string Logs => string.Join('\n', _operators.Concat(_started)
        .Where(daemon => daemon is not null)
        .Select(daemon => $"--- {daemon!.Name}\n{Tail(daemon.Output)}"));

    public static async Task<Gateway> StartAsync(GatewayKeys keys, GatewayOptions? options = null)
    {
        Gateway gateway = new(keys, options ?? new GatewayOptions());
        try
        {
            for (int i = 0; i < gateway._operators.Length; i++)
            {
                await gateway.StartOperatorAsync(i);
            }

            foreach (IReadOnlyList<string> arguments in gateway._options.ProxyArguments)
            {
                gateway.StartProxy(arguments);
            }

            await gateway.WaitForProxiesAsync();
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    public Daemon Operator(int number = 0) => _operators[number]!;

    public async Task StartOperatorAsync(int number = 0)
    {
        Daemon daemon = _operators[number] = GatewayProgram.Start(
            $"operator-{number + 1}",
            "operator",
            [
                .. _options.OperatorSources[number] ?? ["--Operator:Source=Directory", $"--Operator:Directory={Manifests.Location}"],
                $"--Operator:FeedListen=127.0.0.1:{_feedPorts[number]}",
                "--Operator:HttpListen=127.0.0.1:0",
                "--Operator:StatusPage=true",
                "--Operator:AllowLoopbackPods=true",
                .. _options.IsFeedInsecure ? ["--Operator:FeedInsecure=true"] : FeedKeys.Shared.OperatorArguments,
            ]);
        string http = await daemon.WaitForLineAsync("Probes listening on ", StartDeadline);
        OperatorHttp = new Uri($"http://{FirstWord(http)}");
        await WaitUntilReadyAsync(daemon, OperatorHttp);
    }

    public async Task KillOperatorAsync(int number = 0)
    {
        await _operators[number]!.DisposeAsync();
        _operators[number] = null;
    }

    /// <summary>A pod whose session has its name and admits this key, with its manifests written.</summary>
    public async Task<PodSshd> AddPodAsync(string id, KeyPair user)
    {
        PodSshd pod = await PodSshd.StartAsync(new PodOptions(id, id, Keys.UserCa.PublicFile));
        Manifests.Write(new SessionManifest(id, [user.PublicLine]) { Port = pod.Endpoint.Port }, new PodManifest(id, id, pod.Endpoint.Address));
        return pod;
    }

    /// <summary>One more proxy, which need not become ready.</summary>
    public async Task<ProxyProcess> AddProxyAsync(params string[] arguments)
    {
        StartProxy(arguments);
        return await ListeningAsync(_started[^1]);
    }

    /// <summary>An exec relay that follows the operators, which need not become ready.</summary>
    public async Task<RelayProcess> AddRelayAsync(params string[] arguments)
    {
        string id = $"relay-{_started.Count + 1}";
        Daemon daemon = GatewayProgram.Start(
            id,
            "exec",
            [
                $"--Exec:Id={id}",
                "--Exec:HttpListen=127.0.0.1:0",
                .. _feedPorts.Select((port, number) => $"--Exec:Operators:{number}=127.0.0.1:{port}"),
                .. FeedKeys.Shared.RelayArguments,
                .. arguments,
            ]);
        _started.Add(daemon);
        ProxyProcess found = await ListeningAsync(daemon);
        return new RelayProcess(daemon, found.Ssh, found.Http);
    }

    public static Task WaitUntilReadyAsync(RelayProcess relay) => WaitUntilReadyAsync(relay.Daemon, relay.Http);

    public static Task WaitUntilReadyAsync(ProxyProcess proxy) => WaitUntilReadyAsync(proxy.Daemon, proxy.Http);

    public async ValueTask DisposeAsync()
    {
        foreach (Daemon daemon in _started.Concat(_operators.OfType<Daemon>()))
        {
            await daemon.DisposeAsync();
        }
    }

    private void StartProxy(IReadOnlyList<string> arguments)
    {
        string id = $"proxy-{_started.Count + 1}";
        _started.Add(GatewayProgram.Start(
            id,
            "proxy",
            [
                $"--Proxy:Id={id}",
                "--Proxy:Listen=127.0.0.1:0",
                "--Proxy:HttpListen=127.0.0.1:0",
                // Nearly all tests come from there, and many of them fail to log in.
                "--Proxy:PenaltyExempt:0=127.0.0.1/32",
                .. _feedPorts.Select((port, number) => $"--Proxy:Operators:{number}=127.0.0.1:{_options.FeedThrough?.Invoke(port) ?? port}"),
                .. _options.IsFeedInsecure ? ["--Proxy:OperatorInsecure=true"] : FeedKeys.Shared.ProxyArguments,
                $"--Proxy:UserCaKey={Keys.UserCa.PrivateFile}",
                .. (_options.HostKeyPaths ?? [.. Keys.HostKeys.Select(key => key.PrivateFile)]).Select((path, index) => $"--Proxy:HostKeys:{index}={path}"),
                .. arguments,
            ],
            _options.ProxyLauncher));
    }

    private async Task WaitForProxiesAsync()
    {
        foreach (Daemon daemon in _started)
        {
            _proxies.Add(await ListeningAsync(daemon));
            await WaitUntilReadyAsync(daemon, _proxies[^1].Http);
        }
    }

    private static async Task<ProxyProcess> ListeningAsync(Daemon daemon)
    {
        string ssh = await daemon.WaitForLineAsync("SSH listening on ", StartDeadline);
        string http = await daemon.WaitForLineAsync("Probes listening on ", StartDeadline);
        return new ProxyProcess(daemon, IPEndPoint.Parse(FirstWord(ssh)), new Uri($"http://{FirstWord(http)}"));
    }

    private static async Task WaitUntilReadyAsync(Daemon daemon, Uri http)
    {
        using HttpClient client = new() { BaseAddress = http };
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    using HttpResponseMessage answer = await client.GetAsync(new Uri("/readyz", UriKind.Relative));
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            StartDeadline,
            () => $"{daemon.Name} is not ready at {http}.\n{daemon.Output}");
    }

    private static string FirstWord(string rest) => rest.Split(' ')[0].TrimEnd('.', ',');

    private static string Tail(string text) => text.Length <= 8000 ? text : "…" + text[^8000..];
}
