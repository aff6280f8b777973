namespace SshGateway.Tests.Support.Kubernetes;

/// <summary>
/// Certificates of the API server beside its own, each for a name that a client can ask for: an intermediate CA signs
/// them.
/// </summary>
internal sealed class ServerCertificates : IDisposable
{
    public const string Chained = "chained.example";
    public const string Bare = "bare.example";
    public const string NameInSubject = "subject.example";
    public const string Expired = "expired.example";
    public const string OfClient = "client.example";
    public const string Forged = "forged.example";

    private readonly CertificateAuthority _root = new("CN=tests root");
    private readonly CertificateAuthority _intermediate;
    private readonly TemporaryDirectory _directory;
    private readonly List<string> _options = [];

    public ServerCertificates(TemporaryDirectory directory)
    {
        _directory = directory;
        _intermediate = new CertificateAuthority("CN=tests intermediate", _root);
        using var forger = new CertificateAuthority("CN=tests intermediate", _root);
        (string certificate, string key) = _intermediate.IssueServer(Chained);
        Leaf = certificate;
        Add(Chained, $"{certificate}\n{_intermediate.Pem}", key);
        Add(Bare, _intermediate.IssueServer(Bare));
        Add(NameInSubject, _intermediate.IssueServer(NameInSubject, isNamed: false));
        Add(Expired, _intermediate.IssueServer(Expired, expiry: DateTimeOffset.UtcNow.AddHours(-1)));
        Add(OfClient, _intermediate.IssueServer(OfClient, usage: CertificateAuthority.ClientUsage));
        Add(Forged, _intermediate.IssueServer(Forged, forger: forger));
    }

    /// <summary>What kube-apiserver is told.</summary>
    public IReadOnlyList<string> Options => _options;

    public string Root => _root.Pem;

    public string Intermediate => _intermediate.Pem;

    /// <summary>The server's own certificate for <see cref="Chained"/>.</summary>
    public string Leaf { get; }

    public void Dispose()
    {
        _intermediate.Dispose();
        _root.Dispose();
    }

    private void Add(string name, (string Certificate, string Key) issued) => Add(name, issued.Certificate, issued.Key);

    private void Add(string name, string certificates, string key)
    {
        _directory.Write($"{name}.crt", certificates);
        _directory.Write($"{name}.key", key);
        _options.Add($"--tls-sni-cert-key={_directory.File($"{name}.crt")},{_directory.File($"{name}.key")}:{name}");
    }
}
