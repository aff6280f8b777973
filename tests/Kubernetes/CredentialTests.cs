using System.Runtime.Versioning;
using System.Text;
using SshGateway.Operator.Kubernetes.Access;
using SshGateway.Operator.Routing;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Kubernetes;

/// <summary>A real API server takes what the kubeconfig says, or refuses it.</summary>
[Collection(KubernetesGroup.Name)]
public sealed class CredentialTests(KubernetesServer server)
{
    private const int Failed = 2;

    [KubernetesFact]
    public async Task A_token_that_is_refused_is_read_again()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("token", "expired");
        string space = await server.Admin.CreateNamespaceAsync();
        await server.Admin.CreateSessionAsync(space, "abc12");
        await using var run = new SourceRun(server.Kubeconfig(user: $"tokenFile: {directory.File("token")}"), space);
        await run.LoggedAsync(Failed, "401", times: 2);
        directory.WriteByRename("token", KubernetesServer.OperatorToken);
        await run.ReasonAsync("abc12", ReadyReason.WaitingForPod);
    }

    [KubernetesFact]
    [UnsupportedOSPlatform("windows")]
    public async Task An_exec_plugin_logs_in()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("plugin", $$$"""
            #!/bin/sh
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"{{{KubernetesServer.OperatorToken}}}"}}'
            """);
        File.SetUnixFileMode(directory.File("plugin"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string space = await server.Admin.CreateNamespaceAsync();
        await server.Admin.CreateSessionAsync(space, "abc12");
        string user = $$"""exec: {apiVersion: client.authentication.k8s.io/v1, command: {{directory.File("plugin")}}}""";
        await using var run = new SourceRun(server.Kubeconfig(user: user), space);
        await run.ReasonAsync("abc12", ReadyReason.WaitingForPod);
    }

    [KubernetesFact]
    public async Task A_server_that_another_CA_signed_is_not_talked_to()
    {
        using var stranger = new ClientAuthority();
        string path = server.Kubeconfig();
        string text = File.ReadAllText(path).Replace(
            "certificate-authority: certificates/apiserver.crt",
            $"certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(stranger.Pem))}", StringComparison.Ordinal);
        File.WriteAllText(path, text);
        using HttpClient http = ApiConnection.Open(KubeconfigReader.Read(path, TimeProvider.System));
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri("version", UriKind.Relative)));
    }

    [KubernetesFact]
    public async Task The_servers_certificate_has_to_have_the_name_that_is_expected()
    {
        Assert.Equal("ok", await AskAsync("kubernetes.default.svc"));
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync("elsewhere.example"));
    }

    private async Task<string> AskAsync(string tlsServerName)
    {
        string path = server.Kubeconfig();
        string text = File.ReadAllText(path).Replace("certificate-authority:", $"tls-server-name: {tlsServerName}\n      certificate-authority:", StringComparison.Ordinal);
        File.WriteAllText(path, text);
        using HttpClient http = ApiConnection.Open(KubeconfigReader.Read(path, TimeProvider.System));
        return await http.GetStringAsync(new Uri("readyz", UriKind.Relative));
    }
}
