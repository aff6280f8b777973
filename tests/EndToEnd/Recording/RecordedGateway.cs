using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Recording;

namespace SshGateway.Tests.EndToEnd.Recording;

/// <summary>A gateway with one proxy that records, a pod, and what it wrote.</summary>
internal sealed class RecordedGateway : IAsyncDisposable
{
    private readonly KeyPair _user;
    private readonly string _audit;
    private readonly List<PodSshd> _pods = [];

    private RecordedGateway(Gateway gateway, KeyPair user, string directory, string audit) =>
        (Gateway, _user, Directory, _audit) = (gateway, user, directory, audit);

    public Gateway Gateway { get; }

    /// <summary>Where the recordings are.</summary>
    public string Directory { get; }

    public ProxyProcess Proxy => Gateway.Proxies[0];

    public SshClient Client => SshClient.Create(Proxy.Ssh, _user, Gateway.Keys.HostKeys);

    /// <summary>The recordings that are complete, in the order of their names.</summary>
    public IReadOnlyList<string> Complete => Find("*.cast");

    public IReadOnlyList<string> Partial => Find("*.partial");

    public static async Task<RecordedGateway> StartAsync(SharedGateway shared, string? directory = null, params string[] arguments)
    {
        directory ??= ScratchDirectory.New("recordings");
        string audit = Path.Combine(ScratchDirectory.New("audit"), "audit.log");
        Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions
        {
            ProxyArguments = [[$"--Proxy:RecordingDirectory={directory}", $"--Proxy:AuditLog={audit}", "--Proxy:RecordingMinFreeSpace=0", .. arguments]],
        });
        return new RecordedGateway(gateway, shared.UserKey, directory, audit);
    }

    /// <summary>A pod, and its session that the proxy knows already.</summary>
    public async Task<PodSshd> AddPodAsync(string id, string recording)
    {
        PodSshd pod = await PodSshd.StartAsync(new PodOptions(id, id, Gateway.Keys.UserCa.PublicFile));
        _pods.Add(pod);
        Gateway.Manifests.Write(
            new SessionManifest(id, [_user.PublicLine]) { Port = pod.Endpoint.Port, Recording = recording }, new PodManifest(id, id, pod.Endpoint.Address));
        await Eventually.TrueAsync(
            async () => (await Scrape.OfAsync(Proxy.Http))["sshgateway_proxy_table_entries"] == _pods.Count, TimeSpan.FromSeconds(30), () => Gateway.Logs);
        return pod;
    }

    /// <summary>A shell that has answered.</summary>
    public async Task<Pty> OpenTerminalAsync(string id)
    {
        Pty terminal = Pty.Start(24, 80, $"{Client.CommandLine(id)} {SshClient.Host}");
        terminal.Type("echo here-$((40+2))\n");
        await terminal.WaitForAsync("here-42");
        return terminal;
    }

    public Task WaitForRecordingsAsync(int count) => Eventually.TrueAsync(
        () => Complete.Count == count && Partial.Count == 0, TimeSpan.FromSeconds(30),
        () => $"{string.Join('\n', Complete.Concat(Partial))}\n{Gateway.Logs}");

    public Cast Read(int number = 0) => Cast.Read(Complete[number]);

    /// <summary>The audit log's last line about the end of a connection of this session.</summary>
    /// <param name="how">How it ended; null: in any way.</param>
    public async Task<JsonElement> EndAsync(string session, string? how = null)
    {
        JsonElement[] ends = [];
        await Eventually.TrueAsync(
            () => (ends = [.. ReadAudit().Where(line => line.GetProperty("event").GetString() == "end" && line.GetProperty("session").GetString() == session
                && (how is null || line.GetProperty("end").GetString() == how))]).Length > 0,
            TimeSpan.FromSeconds(30),
            () => Gateway.Logs);
        return ends[^1];
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        foreach (PodSshd pod in _pods)
        {
            await pod.DisposeAsync();
        }
    }

    private string[] Find(string pattern) => [.. System.IO.Directory.GetFiles(Directory, pattern).Order(StringComparer.Ordinal)];

    private IEnumerable<JsonElement> ReadAudit() =>
        File.Exists(_audit) ? File.ReadAllLines(_audit).Where(line => line.EndsWith('}')).Select(line => JsonDocument.Parse(line).RootElement) : [];
}
