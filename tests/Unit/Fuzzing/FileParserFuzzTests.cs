using System.Text;
using SshGateway.Hosting;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Kubernetes.Yaml;
using SshGateway.Operator.Yaml;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Fuzzing;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Unit.Fuzzing;

/// <summary>Every parser of what people write into files: a typing error is a sentence, and nothing else.</summary>
public sealed class FileParserFuzzTests
{
    [Fact]
    public void Manifests() => FuzzRun.Parse(
        "manifest",
        [
            .. Directory.GetFiles(Repository.File("deploy/examples"), "*.yaml").Select(File.ReadAllBytes),
            Bytes(File.ReadAllText(Repository.File("docs/manifests.md")).Split("```yaml\n")[1].Split("```")[0]),
            Bytes(Samples.Session("abc12") + "---\n" + Samples.Pod("abc12", "10.1.2.3")),
            Bytes("""{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "uid": "\u00e9", "labels": {}}}]}"""),
        ],
        bytes =>
        {
            if (ManifestReader.Read("a.yaml", Encoding.UTF8.GetString(bytes)).FirstOrDefault(d => d.Problem is not null) is { } bad)
            {
                throw new ManifestException(bad.Problem!, 1);
            }
        },
        problem => problem is ManifestException,
        isText: true);

    [Fact]
    public void Kubeconfigs()
    {
        using var directory = new TemporaryDirectory();
        string file = directory.File("config");
        FuzzRun.Parse(
            "kubeconfig",
            [
                Bytes("""
                    apiVersion: v1
                    kind: Config
                    preferences: {}
                    current-context: main
                    contexts:
                    - name: main
                      context: {cluster: main, user: main, namespace: default}
                    - context:
                        cluster: main
                        user: plugin
                      name: other
                    clusters:
                    - name: main
                      cluster:
                        server: https://127.0.0.1:6443
                        tls-server-name: kubernetes
                        insecure-skip-tls-verify: false
                        proxy-url: http://user:secret@127.0.0.1:3128
                        extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: a}}]
                    users:
                    - name: main
                      user:
                        token: abc.def
                        exec: null
                    - name: plugin
                      user:
                        exec:
                          apiVersion: client.authentication.k8s.io/v1
                          command: plugin
                          args: [get, token]
                          env: [{name: A, value: "1"}]
                          interactiveMode: Never
                          provideClusterInfo: true
                    """),
                Bytes("""
                    {"apiVersion": "v1", "kind": "Config", "current-context": "demo", "contexts": [{"name": "demo", "context": {"cluster": "demo", "user": "demo"}}],
                     "clusters": [{"name": "demo", "cluster": {"server": "https://127.0.0.1:6553", "certificate-authority-data": ""}}],
                     "users": [{"name": "demo", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./x", "interactiveMode": "Never"}}}]}
                    """),
            ],
            bytes =>
            {
                File.WriteAllBytes(file, bytes);
                using HttpClient client = ApiConnection.Open(KubeconfigReader.Read(file, TimeProvider.System));
            },
            problem => problem is ConfigurationException,
            isText: true);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
