using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>The kubeconfigs that kubectl and the gateway have to judge alike.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class KubeconfigShapes
{
    private const string Version = "client.authentication.k8s.io/v1";

    private readonly KubernetesServer _server;
    private readonly TemporaryDirectory _directory;
    private readonly ConnectProxy _proxy;
    private readonly string _authority;
    private readonly string _user = $"token: {KubernetesServer.OperatorToken}";

    public KubeconfigShapes(KubernetesServer server, TemporaryDirectory directory, ConnectProxy proxy)
    {
        _server = server;
        _directory = directory;
        _proxy = proxy;
        _authority = $"certificate-authority: {server.AuthorityFile}";
        File.Copy(server.AuthorityFile, directory.File("ca.crt"));
        directory.Write("token", $"  {KubernetesServer.OperatorToken}\n\n");
        directory.Write("garbage.pem", $"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{File.ReadAllText(server.AuthorityFile)}");
    }

    private string Address => $"server: https://127.0.0.1:{_server.Port}";

    private string Cluster => $"{Address}\n{_authority}";

    private string AuthorityData => $"certificate-authority-data: {Data(File.ReadAllText(_server.AuthorityFile))}";

    public IEnumerable<KubeconfigShape> All => [.. OfClusters(), .. OfServers(), .. OfProxies(), .. OfTokens(), .. OfCertificates(), .. OfPlugins(), .. OfFiles()];

    private IEnumerable<KubeconfigShape> OfClusters() =>
    [
        InCluster("CA as a file", Cluster),
        InCluster("CA as a file beside the kubeconfig", $"{Address}\ncertificate-authority: ca.crt"),
        InCluster("CA as data", $"{Address}\n{AuthorityData}"),
        InCluster("CA as data in several lines", $"{Address}\ncertificate-authority-data: |\n  {string.Join("\n  ", Data(File.ReadAllText(_server.AuthorityFile)).Chunk(64).Select(c => new string(c)))}"),
        InCluster("CA as a file beside empty data", $"{Cluster}\ncertificate-authority-data: \"\""),
        InCluster("CA as a file beside data that is null", $"{Cluster}\ncertificate-authority-data: null"),
        InCluster("CA as data beside an empty file", $"{Address}\n{AuthorityData}\ncertificate-authority: \"\""),
        InCluster("CA as a file and as data", $"{Cluster}\n{AuthorityData}"),
        InCluster("CA file that is not there", $"{Address}\ncertificate-authority: missing.crt"),
        InCluster("CA data that is no base64", $"{Address}\ncertificate-authority-data: '%'"),
        InCluster("CA data that is no certificate", $"{Address}\ncertificate-authority-data: YQ=="),
        InCluster("CA file with a certificate that cannot be read", $"{Address}\ncertificate-authority: garbage.pem"),
        InCluster("no CA", Address),
        InCluster("CA of strangers", $"{Address}\ncertificate-authority-data: {Data(_server.Certificates.Root)}"),
        InCluster("not verified", $"{Address}\ninsecure-skip-tls-verify: true"),
        InCluster("not verified, beside empty CA data", $"{Address}\ninsecure-skip-tls-verify: true\ncertificate-authority-data: \"\""),
        InCluster("not verified, beside a CA", $"{Cluster}\ninsecure-skip-tls-verify: true"),
        InCluster("verified: null", $"{Cluster}\ninsecure-skip-tls-verify: null"),
        InCluster("not verified as text", $"{Address}\ninsecure-skip-tls-verify: \"true\""),
        InCluster("a server name that is empty", $"{Cluster}\ntls-server-name: \"\""),
        InCluster("a server name of the certificate", $"{Cluster}\ntls-server-name: kubernetes"),
        InCluster("a server name of nobody", $"{Cluster}\ntls-server-name: elsewhere.example"),
        InCluster("compression: null, extensions: null", $"{Cluster}\ndisable-compression: null\nextensions: null"),
        InCluster("extensions", $"{Cluster}\nextensions:\n- name: minikube.sigs.k8s.io\n  extension: {{version: v1.30.0}}"),
        InCluster("a field that there is not", $"{Cluster}\ntls-servername: kubernetes") with { Difference = "a misspelt field is told, not ignored" },
    ];

    // By the names of the certificates that the server has beside its own.
    private IEnumerable<KubeconfigShape> OfServers()
    {
        (string name, string pem, string title)[] shapes =
        [
            (ServerCertificates.Chained, _server.Certificates.Root, "the root, of a server that sends its intermediate"),
            (ServerCertificates.Chained, _server.Certificates.Intermediate, "the intermediate alone"),
            (ServerCertificates.Bare, _server.Certificates.Intermediate, "the intermediate alone, of a server that sends none"),
            (ServerCertificates.Bare, _server.Certificates.Root, "the root, of a server that sends no intermediate"),
            (ServerCertificates.Bare, $"{_server.Certificates.Root}\n{_server.Certificates.Intermediate}", "the root and the intermediate"),
            (ServerCertificates.Chained, _server.Certificates.Leaf, "the server's own certificate"),
            (ServerCertificates.Bare, _server.Certificates.Leaf, "another server's own certificate"),
            (ServerCertificates.NameInSubject, _server.Certificates.Root + "\n" + _server.Certificates.Intermediate, "the CA of a server whose name is in the subject only"),
            (ServerCertificates.Expired, _server.Certificates.Intermediate, "the CA of a server whose certificate has expired"),
            (ServerCertificates.OfClient, _server.Certificates.Intermediate, "the CA of a server with a client's certificate"),
            (ServerCertificates.Forged, _server.Certificates.Intermediate, "the intermediate, whose name another CA has taken"),
            (ServerCertificates.Forged, _server.Certificates.Root + "\n" + _server.Certificates.Intermediate, "root and intermediate, whose name another CA has taken"),
        ];
        return shapes.Select(s => InCluster($"CA data: {s.title}", $"{Address}\ntls-server-name: {s.name}\ncertificate-authority-data: {Data(s.pem)}"));
    }

    private IEnumerable<KubeconfigShape> OfProxies()
    {
        string elsewhere = $"server: https://kubernetes:{_server.Port}\n{_authority}";
        var proxied = new Dictionary<string, string> { ["HTTPS_PROXY"] = _proxy.Url() };
        return
        [
            InCluster("an address without a scheme", $"server: 127.0.0.1:{_server.Port}\n{_authority}"),
            InCluster("an address with a slash", $"server: https://127.0.0.1:{_server.Port}/\n{_authority}"),
            InCluster("an address in capitals", $"server: HTTPS://127.0.0.1:{_server.Port}\n{_authority}"),
            InCluster("an address that is empty", $"server: \"\"\n{_authority}"),
            InCluster("an address with a user", $"server: https://ada:secret@127.0.0.1:{_server.Port}\n{_authority}"),
            InCluster("a proxy with a password", $"{Cluster}\nproxy-url: {_proxy.Url()}"),
            InCluster("a proxy with a wrong password", $"{Cluster}\nproxy-url: {_proxy.Url("guessed")}"),
            InCluster("a proxy to a name that only it knows", $"{elsewhere}\nproxy-url: {_proxy.Url()}"),
            InCluster("a proxy that is empty", $"{Cluster}\nproxy-url: \"\""),
            InCluster("a proxy that is null", $"{Cluster}\nproxy-url: null"),
            InCluster("a proxy of another kind", $"{Cluster}\nproxy-url: ftp://127.0.0.1:1"),
            InCluster("the environment's proxy", elsewhere) with { Environment = proxied },
            InCluster("the environment's proxy, not for this name", elsewhere) with { Environment = new Dictionary<string, string>(proxied) { ["NO_PROXY"] = "a.example,kubernetes" } },
            InCluster("the environment's proxy, for another name", elsewhere) with { Environment = new Dictionary<string, string>(proxied) { ["NO_PROXY"] = ".kubernetes,10.0.0.0/8" } },
            InCluster("the environment's proxy, for an address", $"server: https://10.0.0.1:{_server.Port}\n{_authority}") with { Environment = proxied },
            InCluster("the environment's proxy, not for this network", $"server: https://10.0.0.1:{_server.Port}\n{_authority}")
                with { Environment = new Dictionary<string, string>(proxied) { ["NO_PROXY"] = "192.168.0.0/16,10.0.0.0/8" } },
            InCluster("the environment's proxy, never for loopback", Cluster) with { Environment = new Dictionary<string, string> { ["HTTPS_PROXY"] = "http://127.0.0.1:1" } },
        ];
    }

    private IEnumerable<KubeconfigShape> OfTokens() =>
    [
        OfUser("a token", _user),
        OfUser("a token that is a number", "token: 12345"),
        OfUser("a token with a line break", $"token: |\n  {KubernetesServer.OperatorToken}"),
        OfUser("a wrong token", "token: guessed"),
        OfUser("a token file", "tokenFile: token"),
        OfUser("a token file that is not there", "tokenFile: missing"),
        OfUser("an empty token file beside a token", $"{_user}\ntokenFile: \"\""),
        OfUser("a token file that is not there beside a token", $"{_user}\ntokenFile: missing"),
        OfUser("a token file beside a wrong token", "token: guessed\ntokenFile: token"),
        OfUser("an empty token beside a token file", "token: \"\"\ntokenFile: token"),
        OfUser("user name and password that are empty", $"{_user}\nusername: \"\"\npassword: \"\""),
        OfUser("user name and password that are null", $"{_user}\nusername: null\npassword: null"),
        OfUser("user name and password", "username: ada\npassword: secret"),
        OfUser("user name, password and a token", $"{_user}\nusername: ada\npassword: secret"),
        OfUser("nobody to act as", $"{_user}\nas: \"\"\nas-uid: \"\"\nas-groups: null\nas-user-extra: null"),
        OfUser("nobody to act as, in empty lists", $"{_user}\nas-groups: []\nas-user-extra: {{}}"),
        OfUser("exec and auth-provider that are null", $"{_user}\nexec: null\nauth-provider: null\nextensions: null"),
        OfUser("an auth-provider", $"auth-provider: {{name: gcp}}"),
        OfUser("nobody", "{}"),
        OfUser("nobody: null", "token: null"),
        OfUser("a field that there is not", $"{_user}\ntokn: x") with { Difference = "a misspelt field is told, not ignored" },
    ];

    private IEnumerable<KubeconfigShape> OfCertificates()
    {
        (string certificate, string key) = _server.Clients.Issue("ada", "system:masters");
        using var intermediate = new CertificateAuthority("CN=tests of people", _server.Clients);
        (string below, string keyBelow) = intermediate.Issue("ada", "system:masters");
        using var rsa = RSA.Create(2048);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        _directory.Write("ada.crt", certificate);
        _directory.Write("ada.key", key);
        _directory.Write("both.pem", $"{certificate}\n{key}\n");
        return
        [
            OfUser("a client certificate", Pair(certificate, key)),
            OfUser("a client certificate in files", "client-certificate: ada.crt\nclient-key: ./ada.key"),
            OfUser("a client certificate and its key in one file", "client-certificate: both.pem\nclient-key: both.pem"),
            OfUser("a client certificate as data, its key as a file", $"client-certificate-data: {Data(certificate)}\nclient-key: ada.key"),
            OfUser("a client certificate as data and as a file", $"{Pair(certificate, key)}\nclient-certificate: ada.crt"),
            OfUser("a client certificate and a wrong token", $"{Pair(certificate, key)}\ntoken: guessed"),
            OfUser("client certificate and key that are empty, beside a token", $"{_user}\nclient-certificate: \"\"\nclient-key: \"\""),
            OfUser("client certificate and key data that are empty, beside a token", $"{_user}\nclient-certificate-data: \"\"\nclient-key-data: null"),
            OfUser("a client certificate beside empty files", $"{Pair(certificate, key)}\nclient-certificate: \"\"\nclient-key: null"),
            OfUser("a client certificate without a key", $"client-certificate-data: {Data(certificate)}"),
            OfUser("a key without a client certificate", $"{_user}\nclient-key-data: {Data(key)}"),
            OfUser("another key than the client certificate's", Pair(certificate, keyBelow)),
            OfUser("a client certificate file that is not there", "client-certificate: missing.crt\nclient-key: ada.key"),
            OfUser("a client certificate with its chain", Pair($"{below}\n{intermediate.Pem}", keyBelow)),
            OfUser("a client certificate without its chain", Pair(below, keyBelow)),
            OfUser("text before the client certificate", Pair($"subject=CN = ada\n{certificate}", $"Bag Attributes\n{key}")),
            OfUser("an RSA key in its own format", Pair(_server.Clients.IssueClient("ada", "system:masters", rsa), rsa.ExportRSAPrivateKeyPem())),
            OfUser("an ECDSA key in its own format", Pair(_server.Clients.IssueClient("ada", "system:masters", p256), p256.ExportECPrivateKeyPem())),
            OfUser("an ECDSA key behind its parameters", Pair(_server.Clients.IssueClient("ada", "system:masters", p256), parameters + p256.ExportECPrivateKeyPem())),
            OfUser("an ECDSA key of 384 bits", Pair(_server.Clients.IssueClient("ada", "system:masters", p384), p384.ExportPkcs8PrivateKeyPem())),
            OfUser("an ECDSA key of 521 bits", Pair(_server.Clients.IssueClient("ada", "system:masters", p521), p521.ExportPkcs8PrivateKeyPem())),
            OfUser("an encrypted key", Pair(certificate, p256.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1)))),
        ];
    }

    private IEnumerable<KubeconfigShape> OfPlugins()
    {
        Plugin("plugin", $"\"token\": \"{KubernetesServer.OperatorToken}\"");
        Plugin("empty", $"\"token\": \"{KubernetesServer.OperatorToken}\", \"clientCertificateData\": \"\", \"clientKeyData\": \"\", \"expirationTimestamp\": null");
        Plugin("nothing", "\"token\": \"\"");
        (string certificate, string key) = _server.Clients.Issue("ada", "system:masters");
        Plugin("certificate", $"\"clientCertificateData\": \"{certificate.ReplaceLineEndings("\\n")}\", \"clientKeyData\": \"{key.ReplaceLineEndings("\\n")}\"");
        Plugin("half", $"\"token\": \"{KubernetesServer.OperatorToken}\", \"clientCertificateData\": \"{certificate.ReplaceLineEndings("\\n")}\"");
        Plugin("audience", $"\"token\": \"{KubernetesServer.OperatorToken}\"", "case $KUBERNETES_EXEC_INFO in *'\"config\":{\"audience\":\"tests\"}'*) ;; *) exit 1 ;; esac");
        string extension = "extensions:\n- {name: other, extension: {audience: no}}\n- {name: client.authentication.k8s.io/exec, extension: {audience: tests}}";
        return
        [
            OfUser("a plugin", Exec("plugin")),
            OfUser("a plugin with fields that are null", Exec("plugin", "args: null\nenv: null\ninstallHint: null\nprovideClusterInfo: null")),
            OfUser("a plugin that prints empty certificates", Exec("empty")),
            OfUser("a plugin that prints nothing", Exec("nothing")),
            OfUser("a plugin that prints a certificate", Exec("certificate")),
            OfUser("a plugin that prints half of a certificate", Exec("half")),
            OfUser("a plugin that is not there", Exec("missing")),
            OfUser("a plugin without a command", $"exec: {{apiVersion: {Version}, interactiveMode: Never}}"),
            OfUser("a plugin without a version", $"exec: {{command: ./plugin, interactiveMode: Never}}"),
            OfUser("a plugin of a version that there is not", $"exec: {{apiVersion: client.authentication.k8s.io/v1alpha1, command: ./plugin, interactiveMode: Never}}"),
            OfUser("a plugin that does not say whether it asks", $"exec: {{apiVersion: {Version}, command: ./plugin}}")
                with { Difference = "the gateway has no terminal, so a plugin cannot ask, whatever it says" },
            OfUser("a plugin with a variable without a name", Exec("plugin", "env: [{value: x}]")),
            OfUser("a plugin beside a token", $"{_user}\n{Exec("nothing")}"),
            OfUser("a plugin beside a wrong token", $"token: guessed\n{Exec("plugin")}"),
            OfUser("a plugin beside a token file", $"tokenFile: token\n{Exec("nothing")}"),
            OfUser("a plugin for the certificate beside a token", $"{_user}\n{Exec("certificate")}"),
            OfUser("a plugin beside a client certificate", $"{Pair(certificate, key)}\n{Exec("plugin")}"),
            OfUser("a plugin and an auth-provider", $"auth-provider: {{name: oidc}}\n{Exec("plugin")}"),
            KubeconfigShape.Of("a plugin that is told the cluster's extension", $"{Cluster}\n{extension}", Exec("audience", "provideClusterInfo: true")),
            KubeconfigShape.Of("a plugin that is not told it", $"{Cluster}\n{extension}", Exec("audience")),
        ];
    }

    private IEnumerable<KubeconfigShape> OfFiles()
    {
        string text = InCluster("", Cluster).Text;
        string json = $$"""
            {
            	"apiVersion": "v1", "kind": "Config", "preferences": {}, "current-context": "main",
            	"contexts": [{"name": "main", "context": {"cluster": "main", "user": "main"} }],
            	"clusters": [{"name": "main", "cluster": {"server": "https://127.0.0.1:{{_server.Port}}", "certificate-authority": "{{_server.AuthorityFile}}"} }],
            	"users": [{"name": "main", "user": {"token": "{{KubernetesServer.OperatorToken}}"} }]
            }
            """;
        return
        [
            new("JSON with tabs", json),
            new("lines with carriage returns", text.ReplaceLineEndings("\r\n")),
            new("a byte order mark", "\ufeff" + text),
            new("comments and a document mark", "# a comment\n---\n" + text),
            new("no kind and no version", text.Replace("apiVersion: v1\nkind: Config\n", "", StringComparison.Ordinal)),
            new("another kind", text.Replace("kind: Config", "kind: Pod", StringComparison.Ordinal)),
            new("another version", text.Replace("apiVersion: v1", "apiVersion: v2", StringComparison.Ordinal)),
            new("preferences and extensions that are null", text + "preferences: null\nextensions: null\n"),
            new("a field that there is not, outside of the entries", text + "something: new\n"),
            new("no current context", text.Replace("current-context: main", "current-context: \"\"", StringComparison.Ordinal)),
            new("a current context that there is not", text.Replace("current-context: main", "current-context: other", StringComparison.Ordinal)),
            new("a user that there is not", text.Replace("user: main}", "user: other}", StringComparison.Ordinal)),
            new("a context without a user", text.Replace(", user: main}", "}", StringComparison.Ordinal)),
            new("a context with a namespace and extensions", text.Replace("user: main}", "user: main, namespace: default, extensions: null}", StringComparison.Ordinal)),
            new("a list that is null beside the used ones", text.Replace("users:", "users: null\nother:", StringComparison.Ordinal)),
            new("an entry that is null", text + "- null\n"),
            new("two users of one name", text + "- name: main\n  user: {token: guessed}\n"),
            new("a token twice", text.Replace("token: ", "token: guessed\n    token: ", StringComparison.Ordinal)) { Difference = "a field that is there twice is told: which one counts nobody can see" },
            new("an alias", text.Replace("token: ", "token: &t ", StringComparison.Ordinal) + "- name: other\n  user: {token: *t}\n") { Difference = "aliases can blow a file up, and no tool writes them into a kubeconfig" },
            new("a bracket that is not closed", text.Replace("user: main}", "user: main", StringComparison.Ordinal)),
            new("nothing", ""),
            new("a sentence", "just a sentence\n"),
        ];
    }

    private KubeconfigShape InCluster(string title, string cluster) => KubeconfigShape.Of(title, cluster, _user);

    private KubeconfigShape OfUser(string title, string user) => KubeconfigShape.Of(title, Cluster, user);

    private void Plugin(string name, string status, string first = "")
    {
        string credential = $$"""{"apiVersion": "{{Version}}", "kind": "ExecCredential", "status": { {{status}} } }""";
        _directory.Write(name, $"#!/bin/sh\n{first}\nprintf '%s' '{credential}'\n");
        File.SetUnixFileMode(_directory.File(name), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private static string Exec(string name, string more = "") =>
        $"exec:\n  apiVersion: {Version}\n  command: ./{name}\n  interactiveMode: Never" + (more.Length == 0 ? "" : "\n  " + more.ReplaceLineEndings("\n  "));

    private static string Pair(string certificate, string key) => $"client-certificate-data: {Data(certificate)}\nclient-key-data: {Data(key)}";

    private static string Data(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
