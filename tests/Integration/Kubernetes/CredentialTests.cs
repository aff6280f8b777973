using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SshGateway.Feed;
using SshGateway.Hosting.Tls;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Kubernetes;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

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
        await run.ReasonAsync("abc12", ReadyReasons.WaitingForPod);
    }

    [KubernetesFact]
    public async Task A_token_that_is_revoked_while_the_operator_runs_is_replaced_by_the_next()
    {
        using var directory = new TemporaryDirectory();
        string space = await server.Admin.CreateNamespaceAsync();
        string binding = $"rotated-{space}";
        await server.KubectlAsync("create", "serviceaccount", "rotated", "-n", space);
        await server.KubectlAsync("create", "clusterrolebinding", binding, "--clusterrole=operator", $"--serviceaccount={space}:rotated");
        string token = await Account.TokenAsync(server, space, "rotated");
        directory.Write("token", token);
        await server.Admin.CreateSessionAsync(space, "abc12");
        await server.Admin.CreatePodAsync(space, "pod-1", "abc12");
        await server.Admin.SetStatusAsync(space, "pod-1", "10.2.0.1", ready: true);
        await using var proxy = new FaultyProxy(server.Port);
        await using var run = new SourceRun(server.Kubeconfig(proxy.Address, $"tokenFile: {directory.File("token")}"), space);
        await run.ReadyAsync("abc12", "10.2.0.1");

        // A token is bound to its account's uid: the account's successor has other tokens.
        await server.KubectlAsync("delete", "serviceaccount", "rotated", "-n", space);
        await server.KubectlAsync("create", "serviceaccount", "rotated", "-n", space);
        using var revoked = new Account(server, token);
        // The API server believes a token for ten seconds after it has checked it.
        await Eventually.TrueAsync(async () => (await revoked.SendAsync(HttpMethod.Get, "api")).Status == HttpStatusCode.Unauthorized, "the token is refused");
        proxy.Cut();
        await run.LoggedAsync(Failed, "401", times: 2);
        directory.WriteByRename("token", await Account.TokenAsync(server, space, "rotated"));
        await server.Admin.SetStatusAsync(space, "pod-1", "10.2.0.2", ready: true);
        await run.ReadyAsync("abc12", "10.2.0.2");
        Assert.Empty(run.Lost);
        await server.KubectlAsync("delete", "clusterrolebinding", binding);
    }

    [Fact]
    public void A_CA_file_is_read_again_when_it_has_changed()
    {
        using var directory = new TemporaryDirectory();
        using var before = new CertificateAuthority();
        using var after = new CertificateAuthority();
        using X509Certificate2 ofBefore = before.IssueServer();
        using X509Certificate2 ofAfter = after.IssueServer();
        var time = new ManualTimeProvider();
        directory.Write("ca.crt", before.Pem);
        CertificateAuthorities trusted = CertificateAuthorities.FromFile(directory.File("ca.crt"), time);
        Assert.Equal((true, false), (trusted.HaveSigned(ofBefore, null), trusted.HaveSigned(ofAfter, null)));

        // As clusters rotate it: both for a while, then the new one; a file in the making changes nothing.
        foreach ((string text, bool first, bool second) in new[] { ($"{before.Pem}\n{after.Pem}", true, true), ("-----BEGIN", true, true), (after.Pem, false, true) })
        {
            directory.WriteByRename("ca.crt", text);
            time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal((first, second), (trusted.HaveSigned(ofBefore, null), trusted.HaveSigned(ofAfter, null)));
        }
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
        await run.ReasonAsync("abc12", ReadyReasons.WaitingForPod);
    }

    [KubernetesFact]
    public async Task A_server_that_another_CA_signed_is_not_talked_to()
    {
        using var stranger = new CertificateAuthority();
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
