using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Tests.Support.Harness;
using Xunit;

namespace SshGateway.Tests.Support.Kubernetes;

/// <summary>A real etcd and kube-apiserver, with the CRD and the operator's role, for all tests of a run.</summary>
public sealed class KubernetesServer : IAsyncLifetime, IDisposable
{
    public const string OperatorToken = "operator-token";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);

    private readonly TemporaryDirectory _directory = new();
    private readonly CertificateAuthority _clients = new();
    private ServerCertificates? _certificates;
    private readonly int _etcdPort = FreePort();
    private readonly int _peerPort = FreePort();
    private readonly string[] _apiServerArguments;
    private ServerProcess? _etcd;
    private ServerProcess? _apiServer;
    private KubernetesObjects? _admin;

    public KubernetesServer()
        : this([])
    {
    }

    internal KubernetesServer(params string[] apiServerArguments) => _apiServerArguments = apiServerArguments;

    public int Port { get; } = FreePort();

    internal KubernetesObjects Admin => _admin!;

    /// <summary>The kubeconfig of somebody who may do everything.</summary>
    internal string AdminKubeconfig => _directory.File("admin");

    /// <summary>The key that signs ServiceAccount tokens.</summary>
    internal string TokenKeyFile => _directory.File("accounts.pem");

    /// <summary>The certificates that the API server has beside its own.</summary>
    internal ServerCertificates Certificates => _certificates!;

    /// <summary>Who signs clients' certificates.</summary>
    internal CertificateAuthority Clients => _clients;

    /// <summary>The API server's own certificate and the CA that it made for it.</summary>
    internal string AuthorityFile => _directory.File("certificates/apiserver.crt");

    internal Uri Etcd => new($"http://127.0.0.1:{_etcdPort}/");

    public async Task InitializeAsync()
    {
        if (KubernetesPrograms.Problem is not null)
        {
            return;
        }
        using var key = RSA.Create(2048);
        _directory.Write("accounts.pem", key.ExportPkcs8PrivateKeyPem());
        _directory.Write("clients.pem", _clients.Pem);
        _directory.Write("tokens.csv", $"{OperatorToken},operator,operator\n");
        _certificates = new ServerCertificates(_directory);
        _etcd = StartEtcd();
        _apiServer = StartApiServer();
        await WaitForApiServerAsync();
        await ApplyAsync(Repository.File("crds/claudesessions.yaml"));
        await KubectlAsync("wait", "--for=condition=Established", "crd/claudesessions.tars.cloudwalk.network", "--timeout=60s");
        await ApplyAsync(Repository.File("tests/Support/Kubernetes/operator-role.yaml"));
        await AllowOperatorAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (ServerProcess process in new[] { _apiServer, _etcd }.OfType<ServerProcess>())
        {
            await process.DisposeAsync();
        }
    }

    public void Dispose()
    {
        _admin?.Dispose();
        _clients.Dispose();
        _certificates?.Dispose();
        _directory.Dispose();
    }

    /// <summary>A kubeconfig file for the operator.</summary>
    /// <param name="server">Such as a proxy in front of the API server; null: the API server itself.</param>
    /// <param name="user">The fields of its user.</param>
    internal string Kubeconfig(Uri? server = null, string user = $"token: {OperatorToken}")
    {
        string path = _directory.File($"kubeconfig-{Guid.NewGuid():N}");
        string authority = server is { Scheme: "http" } ? "" : "certificate-authority: certificates/apiserver.crt";
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            current-context: tests
            contexts:
              - name: tests
                context: {cluster: tests, user: tests}
            clusters:
              - name: tests
                cluster:
                  server: {{server ?? new Uri($"https://127.0.0.1:{Port}")}}
                  {{authority}}
            users:
              - name: tests
                user:
                  {{user.ReplaceLineEndings("\n      ")}}
            """);
        return path;
    }

    internal async Task RestartAsync()
    {
        await StopAsync();
        _apiServer = StartApiServer();
        await WaitForApiServerAsync();
    }

    /// <summary>Keeps what is in etcd.</summary>
    internal Task BackUpAsync() => WhileStoppedAsync(() => CopyAsync("etcd", "backup"));

    /// <summary>Makes etcd what it was when it was backed up.</summary>
    internal Task RestoreAsync() => WhileStoppedAsync(() => CopyAsync("backup", "etcd"));

    internal Task StopAsync() => _apiServer!.DisposeAsync().AsTask();

    internal Task AllowOperatorAsync() => KubectlAsync("create", "clusterrolebinding", "operator", "--clusterrole=operator", "--user=operator");

    internal Task ForbidOperatorAsync() => KubectlAsync("delete", "clusterrolebinding", "operator");

    internal Task<string> ApplyAsync(string file) => KubectlAsync("apply", "--validate=false", "-f", file);

    internal Task<string> KubectlAsync(params string[] arguments) =>
        Command.OutputAsync(KubernetesPrograms.Here.Kubectl, [.. arguments, "--kubeconfig", AdminKubeconfig]);

    private async Task WhileStoppedAsync(Func<Task> action)
    {
        await StopAsync();
        await _etcd!.DisposeAsync();
        await action();
        _etcd = StartEtcd();
        _apiServer = StartApiServer();
        await WaitForApiServerAsync();
    }

    private async Task CopyAsync(string from, string to)
    {
        await Command.OutputAsync("rm", "-rf", _directory.File(to));
        await Command.OutputAsync("cp", "-a", _directory.File(from), _directory.File(to));
    }

    private ServerProcess StartEtcd() => new(
        KubernetesPrograms.Here.Etcd, $"--data-dir={_directory.File("etcd")}", "--unsafe-no-fsync",
        $"--listen-client-urls=http://127.0.0.1:{_etcdPort}", $"--advertise-client-urls=http://127.0.0.1:{_etcdPort}",
        $"--listen-peer-urls=http://127.0.0.1:{_peerPort}", $"--initial-advertise-peer-urls=http://127.0.0.1:{_peerPort}",
        $"--initial-cluster=default=http://127.0.0.1:{_peerPort}", "--logger=zap", "--log-level=error");

    private ServerProcess StartApiServer() => new(
        KubernetesPrograms.Here.KubeApiServer, [$"--etcd-servers={Etcd}", $"--cert-dir={_directory.File("certificates")}",
        $"--secure-port={Port}", "--bind-address=127.0.0.1", "--service-cluster-ip-range=10.0.0.0/24",
        "--service-account-issuer=https://tests", $"--service-account-key-file={_directory.File("accounts.pem")}",
        $"--service-account-signing-key-file={_directory.File("accounts.pem")}", $"--token-auth-file={_directory.File("tokens.csv")}",
        $"--client-ca-file={_directory.File("clients.pem")}", "--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount", .. Certificates.Options, .. _apiServerArguments]);

    private async Task WaitForApiServerAsync()
    {
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.False(_etcd!.HasExited, $"etcd ended: {_etcd.LastLines}");
                Assert.False(_apiServer!.HasExited, $"kube-apiserver ended: {_apiServer.LastLines}");
                return await IsReadyAsync();
            },
            StartLimit, () => $"kube-apiserver is not ready: {_apiServer!.LastLines}");
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_admin is null)
        {
            if (!File.Exists(Path.Combine(_directory.File("certificates"), "apiserver.crt")))
            {
                return false;
            }
            (string certificate, string key) = _clients.Issue("admin", "system:masters");
            string user = $"client-certificate-data: {Base64(certificate)}\nclient-key-data: {Base64(key)}";
            File.Move(Kubeconfig(user: user), AdminKubeconfig);
            _admin = new KubernetesObjects(ApiConnection.Open(KubeconfigReader.Read(AdminKubeconfig, TimeProvider.System)));
        }
        return await _admin.IsReadyAsync();
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(text));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
