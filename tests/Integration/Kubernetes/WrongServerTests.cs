using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Tokens;
using SshGateway.Operator.Kubernetes.Watching;
using SshGateway.Operator.Listing;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>
/// A server with a certificate of the right CA, for another name. No client of the operator sends it anything.
/// </summary>
public sealed class WrongServerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FeedAuthority _authority = new();
    private readonly Impostor _impostor;

    public WrongServerTests() => _impostor = new Impostor(_authority);

    public void Dispose()
    {
        _impostor.Dispose();
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Reads_and_writes_are_refused()
    {
        using var api = new ApiClient(ApiConnection.Open(Access()), TimeProvider.System);
        await Assert.ThrowsAsync<HttpRequestException>(() => api.CoreV1.ReadNamespacedSecretAsync("keys", "default"));
        await Assert.ThrowsAsync<HttpRequestException>(() => api.GetAsync("version", null, CancellationToken.None));
        Assert.Empty(await _impostor.HeardAsync(2));
    }

    [Fact]
    public async Task Watches_are_refused()
    {
        using var source = new KubernetesSource(Access(), new SourceSettings(["default"], ReadSecrets: false), TimeProvider.System, NullLogger<KubernetesSource>.Instance);
        using var ending = new CancellationTokenSource();
        ValueTask<bool> reading = source.ReadAsync(ending.Token).GetAsyncEnumerator(ending.Token).MoveNextAsync();
        Assert.Empty(await _impostor.HeardAsync(2));
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.AsTask());
    }

    [Fact]
    public async Task Questions_about_tokens_are_refused()
    {
        using var api = new ApiClient(ApiConnection.Open(Access()), TimeProvider.System);
        using var reviewer = new TokenReviewer(api, TimeProvider.System, NullLogger<TokenReviewer>.Instance);
        var keys = new ClusterIssuerKeys(api);
        Assert.Equal(TokenVerdict.Unknown, (await reviewer.ReviewAsync("a caller's token", null, CancellationToken.None)).Verdict);
        await Assert.ThrowsAsync<IssuerKeysException>(() => keys.ReadAsync(CancellationToken.None));
        Assert.Empty(await _impostor.HeardAsync(2));
    }

    [Fact]
    public async Task The_whole_operator_and_its_sessions_command_say_nothing()
    {
        using var errors = new StringWriter();
        Assert.Equal(1, await SessionsCommand.RunAsync(
            ["--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={Kubeconfig()}", "--Operator:Namespaces:0=default"],
            TextWriter.Null, errors, CancellationToken.None));
        Assert.Contains("cannot be asked", errors.ToString(), StringComparison.Ordinal);
        await using OperatorReplica replica = await OperatorReplica.StartAsync(Kubeconfig(), "default");
        // The command, two watches and the election.
        Assert.Empty(await _impostor.HeardAsync(4));
    }

    /// <summary>
    /// Why the operator does not use the library's own client. If this fails, look at docs/adr/0019 again.
    /// </summary>
    [Fact]
    public async Task The_librarys_own_client_sends_the_token()
    {
        using var own = new k8s.Kubernetes(new KubernetesClientConfiguration
        {
            Host = _impostor.Address.AbsoluteUri,
            AccessToken = "secret",
            SslCaCerts = [X509Certificate2.CreateFromPem(_authority.Pem)],
        });
        await Assert.ThrowsAnyAsync<Exception>(() => own.CoreV1.ReadNamespacedSecretAsync("keys", "default"));
        string[] heard = await _impostor.HeardAsync(1);
        Assert.NotEmpty(heard);
        Assert.All(heard, request => Assert.Contains("Authorization: Bearer secret", request, StringComparison.Ordinal));
    }

    private ApiServerAccess Access() => KubeconfigReader.Read(Kubeconfig(), TimeProvider.System);

    private string Kubeconfig()
    {
        _directory.Write("ca.crt", _authority.Pem);
        _directory.Write("kubeconfig", $"""
            current-context: tests
            contexts:
              - name: tests
                context:
                  cluster: tests
                  user: tests
            clusters:
              - name: tests
                cluster:
                  server: {_impostor.Address}
                  certificate-authority: ca.crt
            users:
              - name: tests
                user:
                  token: secret
            """);
        return _directory.File("kubeconfig");
    }

    /// <summary>Keeps what clients send once the handshake is over.</summary>
    private sealed class Impostor : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly X509Certificate2 _certificate;
        private readonly Lock _lock = new();
        private readonly List<string> _heard = [];
        private int _ended;

        public Impostor(FeedAuthority authority)
        {
            // RFC 5737: an address of documentation.
            (string certificate, string key) = authority.Issue(IPAddress.Parse("192.0.2.1"));
            _certificate = X509Certificate2.CreateFromPem(certificate, key);
            _listener.Start();
            Address = new Uri($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
            _ = AcceptAsync();
        }

        public Uri Address { get; }

        public async Task<string[]> HeardAsync(int connections)
        {
            await Eventually.TrueAsync(() => Volatile.Read(ref _ended) >= connections, $"{connections} connections have ended");
            lock (_lock)
            {
                return [.. _heard];
            }
        }

        public void Dispose()
        {
            _listener.Dispose();
            _certificate.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = TalkAsync(await _listener.AcceptTcpClientAsync());
                }
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
            {
                // The test is over.
            }
        }

        private async Task TalkAsync(TcpClient client)
        {
            using (client)
            await using (var tls = new SslStream(client.GetStream()))
            {
                try
                {
                    // HTTP/1.1, so that a token could be read.
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                    {
                        ServerCertificate = _certificate,
                        ApplicationProtocols = [SslApplicationProtocol.Http11],
                    });
                    byte[] buffer = new byte[16 * 1024];
                    int length = await tls.ReadAsync(buffer);
                    if (length > 0)
                    {
                        lock (_lock)
                        {
                            _heard.Add(Encoding.ASCII.GetString(buffer, 0, length));
                        }
                    }
                }
                catch (Exception exception) when (exception is IOException or AuthenticationException)
                {
                    // The client has refused the certificate.
                }
            }
            Interlocked.Increment(ref _ended);
        }
    }
}
