using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Configuration;
using SshGateway.Hosting;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>What a kubeconfig says, and what is said of one that cannot be used.</summary>
public sealed class KubeconfigTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task A_token_and_every_field_of_a_cluster_are_read()
    {
        ApiServerAccess access = Read("""
            server: https://[::1]:6443/prefix
            tls-server-name: api.example
            proxy-url: socks5://127.0.0.1:1080
            insecure-skip-tls-verify: true
            """, "token: secret");
        Assert.Equal("https://[::1]:6443/prefix/", access.Server.AbsoluteUri);
        Assert.Equal("api.example", access.TlsServerName);
        Assert.Equal(new Uri("socks5://127.0.0.1:1080"), access.Proxy!.Address);
        Assert.True(access.InsecureSkipTlsVerify);
        Assert.Null(access.Authorities);
        Assert.Equal("secret", await access.Credentials.GetTokenAsync(CancellationToken.None));
    }

    [Fact]
    public void Certificates_come_from_data_or_from_files_beside_the_kubeconfig()
    {
        using var authority = new CertificateAuthority();
        (string certificate, string key) = authority.Issue("ada", "people");
        _directory.Write("ada.crt", certificate);
        _directory.Write("ada.key", key);
        _directory.Write("ca.crt", authority.Pem);
        ApiServerAccess fromFiles = Read("server: https://127.0.0.1:1\ncertificate-authority: ca.crt", "client-certificate: ada.crt\nclient-key: ./ada.key");
        ApiServerAccess fromData = Read(
            $"server: https://127.0.0.1:1\ncertificate-authority-data: {Base64(authority.Pem)}",
            $"client-certificate-data: {Base64(certificate)}\nclient-key-data: {Base64(key)}");
        Assert.All([fromFiles, fromData], access =>
        {
            Assert.NotNull(access.Authorities);
            Assert.Contains("CN=ada", access.Credentials.ClientCertificate!.TargetCertificate.Subject, StringComparison.Ordinal);
            Assert.True(access.Credentials.ClientCertificate.TargetCertificate.HasPrivateKey);
        });
    }

    [Fact]
    public async Task Of_several_files_the_first_one_counts_and_missing_ones_are_passed_over()
    {
        string first = Write("first", "server: https://127.0.0.1:1", "token: of-first");
        string second = Write("second", "server: https://127.0.0.1:2", "token: of-second");
        ApiServerAccess access = KubeconfigReader.Read($"{_directory.File("missing")}:{first}:{second}", TimeProvider.System);
        Assert.Equal(1, access.Server.Port);
        Assert.Equal("of-first", await access.Credentials.GetTokenAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_token_file_is_read_again_after_a_minute_or_when_the_token_was_refused()
    {
        _directory.Write("token", "first\n");
        var time = new ManualTimeProvider();
        ICredentialSource credentials = KubeconfigReader.Read(Write("config", "server: https://127.0.0.1:1", "tokenFile: token"), time).Credentials;
        Assert.Equal("first", await credentials.GetTokenAsync(CancellationToken.None));
        _directory.Write("token", "second");
        Assert.Equal("first", await credentials.GetTokenAsync(CancellationToken.None));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("second", await credentials.GetTokenAsync(CancellationToken.None));
        _directory.Write("token", "third");
        credentials.Invalidate();
        Assert.Equal("third", await credentials.GetTokenAsync(CancellationToken.None));
        File.Delete(_directory.File("token"));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("third", await credentials.GetTokenAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v1beta1")]
    [UnsupportedOSPlatform("windows")]
    public async Task An_exec_plugin_is_asked_again_when_its_token_expired_or_was_refused(string version)
    {
        _directory.Write("plugin", $$$"""
            #!/bin/sh
            printf '%s' "$KUBERNETES_EXEC_INFO" >'{{{_directory.File("told")}}}'
            echo x >>'{{{_directory.File("runs")}}}'
            printf '{"apiVersion":"client.authentication.k8s.io/{{{version}}}","kind":"ExecCredential","status":{"token":"%s-%s-%s","expirationTimestamp":"2026-01-01T00:10:00Z"}}' "$1" "$GREETING" "$(wc -l <'{{{_directory.File("runs")}}}')"
            """);
        File.SetUnixFileMode(_directory.File("plugin"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var time = new ManualTimeProvider();
        string config = Write("config", "server: https://127.0.0.1:1", $$"""
            exec:
              apiVersion: client.authentication.k8s.io/{{version}}
              command: ./plugin
              args: [login]
              env: [{name: GREETING, value: hello}]
              interactiveMode: IfAvailable
              provideClusterInfo: true
            """);
        ICredentialSource credentials = KubeconfigReader.Read(config, time).Credentials;
        Assert.Equal("login-hello-1", await credentials.GetTokenAsync(CancellationToken.None));
        Assert.Equal("login-hello-1", await credentials.GetTokenAsync(CancellationToken.None));
        Assert.Contains("\"server\":\"https://127.0.0.1:1\"", File.ReadAllText(_directory.File("told")), StringComparison.Ordinal);
        credentials.Invalidate();
        Assert.Equal("login-hello-2", await credentials.GetTokenAsync(CancellationToken.None));
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal("login-hello-3", await credentials.GetTokenAsync(CancellationToken.None));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task An_exec_plugin_that_fails_says_what_it_said()
    {
        _directory.Write("plugin", "#!/bin/sh\necho no network >&2\nexit 3\n");
        File.SetUnixFileMode(_directory.File("plugin"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string config = Write("config", "server: https://127.0.0.1:1", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}");
        ICredentialSource credentials = KubeconfigReader.Read(config, TimeProvider.System).Credentials;
        IOException failure = await Assert.ThrowsAsync<IOException>(async () => await credentials.GetTokenAsync(CancellationToken.None));
        Assert.Contains("ended with status 3: no network", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("server: nowhere", "token: t", "server is \"nowhere\"")]
    [InlineData("server: https://127.0.0.1:1", "username: ada", "username is not supported here")]
    [InlineData("server: https://127.0.0.1:1", "auth-provider: {name: gcp}", "auth-provider is not supported here")]
    [InlineData("server: https://127.0.0.1:1", "as: root", "as is not supported here")]
    [InlineData("server: https://127.0.0.1:1", "tokenFile: missing", "there is no such file")]
    [InlineData("server: https://127.0.0.1:1", "client-certificate-data: YQ==", "without the other")]
    [InlineData("server: https://127.0.0.1:1", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}", "exec.apiVersion is")]
    [InlineData("server: https://127.0.0.1:1", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}", "no terminal")]
    [InlineData("server: https://127.0.0.1:1\nproxy-url: ftp://x", "token: t", "proxy-url is \"ftp://x\"")]
    [InlineData("server: https://127.0.0.1:1\ncertificate-authority-data: '%'", "token: t", "is not base64")]
    [InlineData("server: https://127.0.0.1:1\ncertificate-authority-data: YQ==", "token: t", "holds no certificate")]
    [InlineData("server: https://127.0.0.1:1\ncertificate-authority-data: YQ==\ninsecure-skip-tls-verify: true", "token: t", "remove one of the two")]
    public void What_cannot_be_used_is_named(string cluster, string user, string expected)
    {
        ConfigurationException failure = Assert.Throws<ConfigurationException>(() => Read(cluster, user));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_that_are_not_used_need_not_be_usable()
    {
        _directory.Write("config", """
            current-context: here
            contexts: [{name: here, context: {cluster: here, user: here}}]
            clusters: [{name: here, cluster: {server: "https://127.0.0.1:1"}}, {name: there, cluster: {server: nowhere, future: field}}]
            users: [{name: here, user: {token: t}}, {name: there, user: {auth-provider: {name: gcp}}}]
            """);
        Assert.Equal(1, KubeconfigReader.Read(_directory.File("config"), TimeProvider.System).Server.Port);
    }

    [Fact]
    public void A_pod_uses_its_ServiceAccount_and_brackets_an_IPv6_address()
    {
        using var authority = new CertificateAuthority();
        _directory.Write("token", "t");
        _directory.Write("ca.crt", authority.Pem);
        ApiServerAccess access = InClusterAccess.Read("fd00::1", "443", _directory.Path, TimeProvider.System);
        Assert.Equal("https://[fd00::1]/", access.Server.AbsoluteUri);
        Assert.NotNull(access.Authorities);
        Assert.Throws<ConfigurationException>(() => InClusterAccess.Read("10.0.0.1", null, _directory.File("missing"), TimeProvider.System));
    }

    [Fact]
    public void Where_nothing_says_how_to_reach_a_cluster_the_key_to_write_is_named()
    {
        IConfiguration nothing = new ConfigurationBuilder().AddInMemoryCollection([new("HOME", _directory.Path)]).Build();
        ConfigurationException failure = Assert.Throws<ConfigurationException>(() => AccessReader.Read("", "Operator:Kubeconfig", nothing, TimeProvider.System));
        Assert.Contains("Operator:Kubeconfig", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private ApiServerAccess Read(string cluster, string user) => KubeconfigReader.Read(Write("config", cluster, user), TimeProvider.System);

    private string Write(string name, string cluster, string user)
    {
        _directory.Write(name, KubeconfigShape.Of(name, cluster, user).Text);
        return _directory.File(name);
    }
}
