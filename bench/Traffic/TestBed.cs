using System.Net;
using SshGateway.Bench.Processes;
using SshGateway.Bench.Traffic.Ssh;
using SshGateway.Ssh.Keys;

namespace SshGateway.Bench.Traffic;

/// <summary>
/// Everything that takes part: a stock sshd, the bench's own light and raw upstreams, one operator and one proxy, each
/// a process, and more proxies and HAProxies as they are asked for.
/// </summary>
internal sealed class TestBed : IAsyncDisposable
{
    // scripts/compile-proxy makes it.
    private const string Proxy = ".compiled/proxy/sshgateway-proxy";

    private readonly List<BenchProcess> _started = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("sshgw-bench-").FullName;
    private readonly int _podPort = Ports.Free();
    private readonly int _lightPort = Ports.Free();
    private readonly int _rawPort = Ports.Free();
    private readonly int _feedPort = Ports.Free();
    private readonly int _gatewayPort = Ports.Free();
    private readonly HttpClient _http = new();

    private TestBed()
    {
    }

    public Ed25519PrivateKey UserKey { get; } = Ed25519PrivateKey.Generate();

    /// <summary>Where the proxies record.</summary>
    public string Recordings => PathOf("recordings");

    /// <summary>The proxy that nearly everything goes through.</summary>
    public Relay Gateway { get; private set; } = null!;

    public static async Task<TestBed> StartAsync(int otherSessions = 0)
    {
        var bed = new TestBed();
        try
        {
            await bed.WriteFilesAsync(otherSessions);
            await bed.StartUpstreamsAsync();
            await bed.StartOperatorAsync();
            bed.Gateway = await bed.StartProxyAsync(bed._gatewayPort);
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the stock sshd is.</summary>
    public IPEndPoint StockPod => new(TestSessions.StockAddress, _podPort);

    /// <summary>Where the pod of a light session is.</summary>
    public IPEndPoint LightPod(int number) => new(TestSessions.LightAddresses[number % TestSessions.Each], _lightPort);

    /// <summary>The stock ssh, straight to the sshd or through the gateway.</summary>
    /// <param name="session">One of the sessions whose pod is the sshd.</param>
    public string[] Ssh(bool gateway, string cipher, string session = TestSessions.Stock) =>
        gateway ? [.. SshOptions(cipher), "-p", $"{_gatewayPort}", $"{session}@127.0.0.1"] : Ssh(StockPod, cipher);

    /// <summary>The same, to the pod, by this address.</summary>
    public string[] Ssh(IPEndPoint address, string cipher) =>
        [.. SshOptions(cipher), "-o", $"HostKeyAlias=[{StockPod.Address}]:{StockPod.Port}", "-p", $"{address.Port}", $"{Environment.UserName}@{address.Address}"];

    /// <summary>A proxy more, which is ready. Who asks for it disposes it.</summary>
    public Task<Relay> StartProxyAsync() => StartProxyAsync(Ports.Free());

    /// <summary>An HAProxy before the raw upstream. Who asks for it disposes it.</summary>
    public Task<Relay> StartHaProxyAsync(bool splice) => HaProxy.StartAsync(
        PathOf(splice ? "splicing.cfg" : "copying.cfg"), splice, TestSessions.RawAddresses.Select(address => new IPEndPoint(address, _rawPort)));

    /// <summary>An HAProxy before a pod. Who asks for it disposes it.</summary>
    public Task<Relay> StartHaProxyAsync(IPEndPoint pod) => HaProxy.StartAsync(PathOf($"pod-{pod.Port}.cfg"), splice: false, [pod]);

    public async ValueTask DisposeAsync()
    {
        if (Gateway is not null)
        {
            await Gateway.DisposeAsync();
        }
        foreach (BenchProcess process in Enumerable.Reverse(_started))
        {
            await process.DisposeAsync();
        }
        Directory.Delete(_directory, recursive: true);
        UserKey.Dispose();
        _http.Dispose();
    }

    private async Task WriteFilesAsync(int otherSessions)
    {
        Directory.CreateDirectory("/run/sshd");
        Directory.CreateDirectory(PathOf("manifests"));
        Directory.CreateDirectory(Recordings);
        using var host = Ed25519PrivateKey.Generate();
        using var pod = Ed25519PrivateKey.Generate();
        using var ca = Ed25519PrivateKey.Generate();
        foreach ((string name, SshPrivateKey key) in new (string, SshPrivateKey)[] { ("user", UserKey), ("host", host), ("pod", pod), ("ca", ca) })
        {
            await WriteAsync(name, OpenSshKeyFile.Format(key, name));
            await WriteAsync(name + ".pub", $"{key.PublicKey}\n");
        }
        await WriteAsync("known_hosts", $"[127.0.0.1]:{_gatewayPort} {host.PublicKey}\n[{TestSessions.StockAddress}]:{_podPort} {pod.PublicKey}\n");
        await WriteAsync("principals", string.Concat(TestSessions.OfSshd.Select(session => $"{session.Id}\n")));
        await WriteAsync(
            "sshd_config",
            $"""
            {string.Join('\n', TestSessions.OfSshd.Select(session => $"ListenAddress {session.Address}:{_podPort}"))}
            HostKey {PathOf("pod")}
            TrustedUserCAKeys {PathOf("ca.pub")}
            AuthorizedPrincipalsFile {PathOf("principals")}
            AuthorizedKeysFile {PathOf("user.pub")}
            PermitRootLogin prohibit-password
            StrictModes no
            UsePAM no
            PidFile none
            MaxStartups 1000

            """);
        await WriteAsync("manifests/bench.yaml", TestSessions.Manifests((_podPort, _lightPort, _rawPort), UserKey.PublicKey.ToString()!, otherSessions));
    }

    private async Task StartUpstreamsAsync()
    {
        Launch("sshd", "/usr/sbin/sshd", "-D", "-e", "-f", PathOf("sshd_config"));
        const string Bench = "bench/bin/Release/net10.0/sshgateway-bench.dll";
        BenchProcess[] own =
        [
            Launch("light upstream", "dotnet", [Bench, "upstream", $"{_lightPort}", PathOf("pod"), Algorithms.Classical, .. TestSessions.LightAddresses.Select(address => $"{address}")]),
            Launch("post-quantum upstream", "dotnet", [Bench, "upstream", $"{_lightPort}", PathOf("pod"), Algorithms.PostQuantum, .. TestSessions.PostQuantumAddresses.Select(address => $"{address}")]),
            Launch("raw upstream", "dotnet", [Bench, "raw-upstream", $"{_rawPort}", .. TestSessions.RawAddresses.Select(address => $"{address}")]),
        ];
        foreach (BenchProcess upstream in own)
        {
            await upstream.UntilSaidAsync(Listeners.Ready);
        }
    }

    private async Task StartOperatorAsync()
    {
        var http = new Uri($"http://127.0.0.1:{Ports.Free()}");
        BenchProcess process = Launch(
            "operator", "dotnet", ".bench/operator/sshgateway-operator.dll", $"--Operator:Directory={PathOf("manifests")}", "--Operator:AllowLoopbackPods=true",
            "--Operator:FeedInsecure=true", $"--Operator:FeedListen=127.0.0.1:{_feedPort}", $"--Operator:HttpListen={http.Authority}");
        await process.UntilAsync(() => IsReadyAsync(http));
    }

    private async Task<Relay> StartProxyAsync(int port)
    {
        var http = new Uri($"http://127.0.0.1:{Ports.Free()}");
        var process = BenchProcess.Start(
            "proxy", Proxy, $"--Proxy:Listen=127.0.0.1:{port}", $"--Proxy:HttpListen={http.Authority}",
            $"--Proxy:HostKeys:0={PathOf("host")}", $"--Proxy:UserCaKey={PathOf("ca")}", $"--Proxy:Operators:0=127.0.0.1:{_feedPort}", "--Proxy:OperatorInsecure=true",
            $"--Proxy:RecordingDirectory={Recordings}", "--Proxy:Penalties=false", "--Proxy:PassthroughPerSource=10000", "--Proxy:PassthroughPerPod=1000",
            "--Proxy:Ciphers:0=aes128-gcm@openssh.com", "--Proxy:Ciphers:1=chacha20-poly1305@openssh.com");
        try
        {
            await process.UntilAsync(() => IsReadyAsync(http));
            return new Relay("gateway", process, new IPEndPoint(IPAddress.Loopback, port), IsGateway: true);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private BenchProcess Launch(string name, string program, params string[] arguments)
    {
        var process = BenchProcess.Start(name, program, arguments);
        _started.Add(process);
        return process;
    }

    private async Task<bool> IsReadyAsync(Uri http)
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri(http, "/readyz"));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private string[] SshOptions(string cipher) =>
    [
        "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", $"IdentityFile={PathOf("user")}", "-o", $"UserKnownHostsFile={PathOf("known_hosts")}",
        "-o", $"Ciphers={cipher}",
    ];

    private string PathOf(string name) => Path.Combine(_directory, name);

    // For the owner only, as ssh demands of a key.
    private async Task WriteAsync(string name, string text)
    {
        await using var file = new StreamWriter(PathOf(name), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        await file.WriteAsync(text);
    }
}
