using System.Runtime.Versioning;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>
/// Credentials of exec plugins that expire: fabric8io/kubernetes-client#3998, kubernetes-client/csharp#880.
/// </summary>
public sealed class ExecExpiryTests
{
    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_plugin_is_run_again_when_its_credential_expires_or_is_refused_and_not_before()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("plugin", $$$"""
            #!/bin/sh
            cd {{{directory.Path}}} || exit
            echo >> runs
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":'
            echo '{"token":"token-'$(wc -l < runs)'","expirationTimestamp":"2026-01-01T00:15:00Z"}}'
            """);
        File.SetUnixFileMode(directory.File("plugin"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        directory.Write("config", """
            current-context: tests
            contexts:
              - {name: tests, context: {cluster: tests, user: tests}}
            clusters:
              - {name: tests, cluster: {server: "https://127.0.0.1:1"}}
            users:
              - {name: tests, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}}}
            """);
        var time = new ManualTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        ICredentialSource credentials = KubeconfigReader.Read(directory.File("config"), time).Credentials;

        Assert.Equal("token-1", await credentials.GetTokenAsync(CancellationToken.None));
        time.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal("token-1", await credentials.GetTokenAsync(CancellationToken.None));
        credentials.Invalidate();
        Assert.Equal("token-2", await credentials.GetTokenAsync(CancellationToken.None));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("token-3", await credentials.GetTokenAsync(CancellationToken.None));
    }
}
