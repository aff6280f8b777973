using System.Net;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Builder;
using SshGateway.Operator.Hosting;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Integration.Yaml;

/// <summary>
/// A directory on a file system that does not answer, as NFS does when its server is gone: sshfs, whose server is
/// stopped.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class HangingDirectoryTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [RealSshFact("sshfs", "fusermount")]
    public async Task A_scan_that_hangs_shows_on_readyz()
    {
        int port = Loopback.FreePort();
        await using WebApplication app = OperatorHost.Build(
        [
            "--Operator:Source=Directory", $"--Operator:Directory={_directory.File("mount")}", "--Operator:FeedInsecure=true", "--Operator:FeedListen=127.0.0.1:0",
            $"--Operator:HttpListen=127.0.0.1:{port}",
        ]);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Eventually.TrueAsync(async () => (await ReadyAsync(http)).Status == HttpStatusCode.OK, "the operator is ready");

        await SignalAsync("STOP");
        await Eventually.TrueAsync(async () => (await ReadyAsync(http)).Status == HttpStatusCode.ServiceUnavailable, "the operator is not ready");
        Assert.Contains("has not answered for", (await ReadyAsync(http)).Text, StringComparison.Ordinal);

        await SignalAsync("CONT");
        await Eventually.TrueAsync(async () => (await ReadyAsync(http)).Status == HttpStatusCode.OK, "the operator is ready again");
        await app.StopAsync();
    }

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_directory.File("mount"));
        Directory.CreateDirectory(_directory.File("files"));
        _directory.Write("files/a.yaml", Samples.Session("one"));
        _directory.Write("server", $"#!/bin/sh\necho $$ >{_directory.File("pid")}\nexec /usr/lib/openssh/sftp-server\n");
        File.SetUnixFileMode(_directory.File("server"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        CommandResult mounted = await Command.ShellAsync(
            $"sshfs -o ssh_command={_directory.File("server")} -o dir_cache=no,attr_timeout=0,entry_timeout=0 pod:{_directory.File("files")} {_directory.File("mount")} >/dev/null 2>&1");
        Assert.True(mounted.Succeeded, mounted.ToString());
    }

    public async Task DisposeAsync()
    {
        await SignalAsync("CONT");
        await Command.ShellAsync($"fusermount -u -z {_directory.File("mount")}");
    }

    public void Dispose() => _directory.Dispose();

    private Task<CommandResult> SignalAsync(string signal) => Command.ShellAsync($"kill -{signal} $(cat {_directory.File("pid")})");

    private static async Task<(HttpStatusCode Status, string Text)> ReadyAsync(HttpClient http)
    {
        using HttpResponseMessage answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
