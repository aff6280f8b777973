using System.Net;
using System.Text;
using SshGateway.Bench.Processes;
using SshGateway.Shared.Ssh.Keys;

namespace SshGateway.Bench.Traffic;

/// <summary>
/// Everything that takes part: a stock sshd, the bench's own light upstream, one operator and one proxy, each a process. Session "stock" is the sshd,
/// sessions "light-0" to "light-15" are the upstream, each with a pod address of its own, as the gateway bounds logins per pod.
/// </summary>
internal sealed class TestBed : IAsyncDisposable
{
    public const int LightSessions = 16;

    private readonly List<BenchProcess> _started = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("sshgw-bench-").FullName;
    private readonly int _podPort = Ports.Free();
    private readonly int _lightPort = Ports.Free();
    private readonly int _feedPort = Ports.Free();
    private readonly HttpClient _http = new();

    private TestBed()
    {
    }

    public Ed25519PrivateKey UserKey { get; } = Ed25519PrivateKey.Generate();

    /// <summary>Where clients come in.</summary>
    public IPEndPoint Gateway { get; } = new(IPAddress.Loopback, Ports.Free());

    public BenchProcess Proxy { get; private set; } = null!;

    private Uri ProxyHttp { get; } = new($"http://127.0.0.1:{Ports.Free()}");

    private static string StockAddress => "127.0.77.1";

    private static string BinOf(string project) => $"{project}/bin/Release/net10.0/";

    public static async Task<TestBed> StartAsync(int otherSessions = 0)
    {
        var bed = new TestBed();
        try
        {
            await bed.WriteFilesAsync(otherSessions);
            await bed.StartUpstreamsAsync();
            await bed.StartOperatorAsync();
            await bed.StartProxyAsync();
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    public static string LightSession(int number) => $"light-{number % LightSessions}";

    /// <summary>Where the pod of a light session is.</summary>
    public IPEndPoint LightPod(int number) => new(IPAddress.Parse(LightAddress(number % LightSessions)), _lightPort);

    /// <summary>The stock ssh, straight to the sshd or through the gateway.</summary>
    public string[] Ssh(bool gateway, string cipher) =>
    [
        "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", $"IdentityFile={PathOf("user")}", "-o", $"UserKnownHostsFile={PathOf("known_hosts")}",
        "-o", $"Ciphers={cipher}", .. gateway ? new[] { "-p", $"{Gateway.Port}", "stock@127.0.0.1" } : ["-p", $"{_podPort}", $"{Environment.UserName}@{StockAddress}"],
    ];

    /// <summary>A proxy more, of its own ports: the time until it is ready.</summary>
    public async Task<TimeSpan> TimeStartAsync()
    {
        var http = new Uri($"http://127.0.0.1:{Ports.Free()}");
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        await using BenchProcess proxy = LaunchProxy(Ports.Free(), http);
        await proxy.UntilAsync(() => IsReadyAsync(http));
        return System.Diagnostics.Stopwatch.GetElapsedTime(start);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (BenchProcess process in Enumerable.Reverse(_started))
        {
            await process.DisposeAsync();
        }
        Directory.Delete(_directory, recursive: true);
        UserKey.Dispose();
        _http.Dispose();
    }

    private static string LightAddress(int number) => $"127.0.78.{number + 1}";

    private async Task WriteFilesAsync(int otherSessions)
    {
        Directory.CreateDirectory("/run/sshd");
        Directory.CreateDirectory(PathOf("manifests"));
        using var host = Ed25519PrivateKey.Generate();
        using var pod = Ed25519PrivateKey.Generate();
        using var ca = Ed25519PrivateKey.Generate();
        foreach ((string name, SshPrivateKey key) in new (string, SshPrivateKey)[] { ("user", UserKey), ("host", host), ("pod", pod), ("ca", ca) })
        {
            await WriteAsync(name, OpenSshKeyFile.Format(key, name));
            await WriteAsync(name + ".pub", $"{key.PublicKey}\n");
        }
        await WriteAsync("known_hosts", $"[127.0.0.1]:{Gateway.Port} {host.PublicKey}\n[{StockAddress}]:{_podPort} {pod.PublicKey}\n");
        await WriteAsync("principals", "stock\n");
        await WriteAsync(
            "sshd_config",
            $"""
            ListenAddress {StockAddress}:{_podPort}
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
        var manifests = new StringBuilder(Manifest("stock", StockAddress, _podPort));
        for (int number = 0; number < LightSessions; number++)
        {
            manifests.Append(Manifest(LightSession(number), LightAddress(number), _lightPort));
        }
        for (int number = 0; number < otherSessions; number++)
        {
            manifests.Append(Manifest($"other-{number}", $"127.{100 + (number / 62500)}.{number / 250 % 250}.{(number % 250) + 1}", _lightPort));
        }
        await WriteAsync("manifests/bench.yaml", manifests.ToString());
    }

    private string Manifest(string id, string address, int port) =>
        $$"""
        ---
        apiVersion: tars.cloudwalk.network/v1alpha1
        kind: ClaudeSession
        metadata: {name: {{id}}, namespace: default}
        spec:
          owner: {user: bench}
          maxConnections: 1000
          ssh: {port: {{port}}, targetUser: {{Environment.UserName}}, authorizedKeys: ["{{UserKey.PublicKey}}"]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: {{id}}, namespace: default, uid: {{id}}, labels: {tars.cloudwalk.network/session: {{id}}} }
        status: {phase: Running, podIP: {{address}}, startTime: "2026-01-01T00:00:00Z", conditions: [{type: Ready, status: "True"}]}

        """;

    private async Task StartUpstreamsAsync()
    {
        Launch("sshd", "/usr/sbin/sshd", "-D", "-e", "-f", PathOf("sshd_config"));
        BenchProcess light = Launch(
            "light upstream", "dotnet",
            ["bench/bin/Release/net10.0/sshgateway-bench.dll", "upstream", $"{_lightPort}", PathOf("pod"), .. Enumerable.Range(0, LightSessions).Select(LightAddress)]);
        await light.UntilSaidAsync("ready");
    }

    private async Task StartOperatorAsync()
    {
        var http = new Uri($"http://127.0.0.1:{Ports.Free()}");
        BenchProcess process = Launch(
            "operator", "dotnet", BinOf("operator") + "sshgateway-operator.dll", $"--Operator:Directory={PathOf("manifests")}", "--Operator:AllowLoopbackPods=true",
            "--Operator:FeedInsecure=true", $"--Operator:FeedListen=127.0.0.1:{_feedPort}", $"--Operator:HttpListen={http.Authority}");
        await process.UntilAsync(() => IsReadyAsync(http));
    }

    private async Task StartProxyAsync()
    {
        Proxy = LaunchProxy(Gateway.Port, ProxyHttp);
        _started.Add(Proxy);
        await Proxy.UntilAsync(() => IsReadyAsync(ProxyHttp));
    }

    private BenchProcess LaunchProxy(int port, Uri http) => BenchProcess.Start(
        "proxy", "dotnet", BinOf("proxy") + "sshgateway-proxy.dll", $"--Proxy:Listen=127.0.0.1:{port}", $"--Proxy:HttpListen={http.Authority}",
        $"--Proxy:HostKeys:0={PathOf("host")}", $"--Proxy:UserCaKey={PathOf("ca")}", $"--Proxy:Operators:0=127.0.0.1:{_feedPort}", "--Proxy:OperatorInsecure=true",
        "--Proxy:Penalties=false", "--Proxy:Ciphers:0=aes128-gcm@openssh.com", "--Proxy:Ciphers:1=chacha20-poly1305@openssh.com");

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

    private string PathOf(string name) => Path.Combine(_directory, name);

    // For the owner only, as ssh demands of a key.
    private async Task WriteAsync(string name, string text)
    {
        await using var file = new StreamWriter(PathOf(name), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        await file.WriteAsync(text);
    }
}
