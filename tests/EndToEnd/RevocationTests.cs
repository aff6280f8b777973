using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Revoked keys with the real ssh, beside a real sshd with the same file, with a gateway of its own.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class RevocationTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task The_same_logins_are_refused_as_by_sshd_with_the_same_file()
    {
        const string Id = "revoked";
        string directory = ScratchDirectory.New("revoked");
        string file = Path.Combine(directory, "revoked_keys");
        await File.WriteAllTextAsync(file, "");
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        KeyPair ca = await KeyPair.GenerateAsync(directory, "ca");
        KeyPair plain = await KeyPair.GenerateAsync(directory, "plain");
        KeyPair rsa = await KeyPair.GenerateAsync(directory, "rsa", "rsa", 2048);
        KeyPair certified = await (await KeyPair.GenerateAsync(directory, "certified")).CertifyAsync(ca, "-n", $"{Id},root");
        KeyPair[] users = [plain, rsa, certified];
        await using Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions { ProxyArguments = [[$"--Proxy:RevokedKeys={file}"]] });
        await using PodSshd pod = await PodSshd.StartAsync(new PodOptions(Id, Id, keys.UserCa.PublicFile));
        gateway.Manifests.Write(
            new SessionManifest(Id, [plain.PublicLine, rsa.PublicLine]) { Port = pod.Endpoint.Port, TrustedUserCAKeys = [ca.PublicLine] },
            new PodManifest(Id, Id, pod.Endpoint.Address));
        await using PodSshd sshd = await PodSshd.StartAsync(new PodOptions("sshd", "root", ca.PublicFile)
        {
            AuthorizedKeys = [plain.PublicLine, rsa.PublicLine],
            ExtraConfig = [$"RevokedKeys {file}"],
        });
        Assert.True((await ClientOf(gateway, plain).RunWhenKnownAsync(Id, "true")).Succeeded, gateway.Logs);
        int read = 1;
        foreach (Func<Task> revoke in new Func<Task>[]
        {
            () => File.WriteAllTextAsync(file, $"# lost\n{plain.PublicLine}\n"),
            () => File.WriteAllTextAsync(file, $"{rsa.PublicLine}\r\n\n{certified.PublicLine}"),
            () => File.WriteAllTextAsync(file, $"{ca.PublicLine}\n"),
            async () => File.Copy(certified.CertificateFile, file, overwrite: true),
            () => KrlAsync(file, ca, "serial: 7"),
            () => KrlAsync(file, ca, "serial: 8"),
            () => KrlAsync(file, ca, "id: e2e user"),
            () => KrlAsync(file, ca, $"key: {ca.PublicLine}"),
            () => KrlAsync(file, ca, $"sha1: {rsa.PublicLine}"),
            () => KrlAsync(file, ca, $"hash: {plain.Fingerprint}"),
        })
        {
            await revoke();
            read++;
            await Eventually.TrueAsync(
                () => gateway.Proxies[0].Daemon.Output.Split("Read revoked keys from").Length - 1 == read, Soon, () => gateway.Logs);
            bool[] here = await Task.WhenAll(users.Select(user => LogsInAsync(ClientOf(gateway, user), Id)));
            bool[] there = await Task.WhenAll(users.Select(user => LogsInAsync(SshClient.Create(sshd.Endpoint, user, sshd.HostKeys), "root")));

            Assert.True(Enumerable.SequenceEqual(here, there), $"number {read}: {string.Join(' ', here)} here, {string.Join(' ', there)} at sshd\n{gateway.Logs}\n{sshd.Log}");
        }
    }

    [RealSshFact]
    public async Task A_revoked_key_ends_what_it_opened()
    {
        const string Id = "ended";
        string directory = ScratchDirectory.New("ended");
        string file = Path.Combine(directory, "revoked_keys");
        await File.WriteAllTextAsync(file, "");
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        KeyPair first = await KeyPair.GenerateAsync(directory, "first");
        KeyPair second = await KeyPair.GenerateAsync(directory, "second");
        KeyPair third = await KeyPair.GenerateAsync(directory, "third");
        await using Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions { ProxyArguments = [[$"--Proxy:RevokedKeys={file}"]] });
        await using PodSshd pod = await PodSshd.StartAsync(new PodOptions(Id, Id, keys.UserCa.PublicFile));
        SessionManifest session = new(Id, [first.PublicLine, second.PublicLine, third.PublicLine]) { Port = pod.Endpoint.Port };
        PodManifest podManifest = new(Id, Id, pod.Endpoint.Address);
        gateway.Manifests.Write(session, podManifest);
        await ClientOf(gateway, first).RunWhenKnownAsync(Id, "true");
        KeyPair[] users = [first, second, third];
        Daemon[] open = [.. users.Select(user => ClientOf(gateway, user).Start(Id, [], "echo open; sleep 600"))];
        foreach (Daemon ssh in open)
        {
            await Eventually.TrueAsync(() => ssh.Output.Contains("open", StringComparison.Ordinal), Soon, () => $"{ssh.Output}\n{gateway.Logs}");
        }

        await File.WriteAllTextAsync(file, $"{first.PublicLine}\n");
        await AssertClosedAsync(open[0], "Your key is revoked by its key");
        gateway.Manifests.Write(session with { RevokedKeys = [second.Fingerprint] }, podManifest);
        await AssertClosedAsync(open[1], "Your key is revoked by the session");

        Assert.False(open[2].HasExited);
        bool[] now = await Task.WhenAll(users.Select(user => LogsInAsync(ClientOf(gateway, user), Id)));
        Assert.Equal([false, false, true], now);
        foreach (Daemon ssh in open)
        {
            await ssh.DisposeAsync();
        }

        Task AssertClosedAsync(Daemon ssh, string sentence) => Eventually.TrueAsync(
            () => ssh.HasExited && ssh.Output.Contains(sentence, StringComparison.Ordinal), Soon, () => $"{ssh.Output}\n{gateway.Logs}");
    }

    [RealSshFact]
    public async Task A_file_that_cannot_be_read_refuses_the_start()
    {
        string missing = Path.Combine(ScratchDirectory.New("missing"), "revoked_keys");
        KeyPair key = await KeyPair.GenerateAsync(ScratchDirectory.New("keys"), "key");

        CommandResult proxy = await GatewayProgram.RunAsync("proxy",
        [
            "--Proxy:Listen=127.0.0.1:0", "--Proxy:HttpListen=127.0.0.1:0",
            $"--Proxy:HostKeys:0={key.PrivateFile}", $"--Proxy:UserCaKey={key.PrivateFile}", "--Proxy:Operators:0=127.0.0.1:1", "--Proxy:OperatorInsecure=true",
            $"--Proxy:RevokedKeys={missing}",
        ]);

        Assert.Equal(1, proxy.ExitCode);
        Assert.StartsWith($"Proxy:RevokedKeys: the file '{missing}' cannot be used: ", proxy.ErrorText, StringComparison.Ordinal);
        Assert.DoesNotContain("SSH listening on", proxy.Text, StringComparison.Ordinal);
    }

    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task A_session_can_name_the_principals_of_its_certificates()
    {
        const string Id = "principals";
        string directory = ScratchDirectory.New("principals");
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        KeyPair ca = await KeyPair.GenerateAsync(directory, "ca");
        KeyPair ops = await (await KeyPair.GenerateAsync(directory, "ops")).CertifyAsync(ca, "-n", "ops");
        KeyPair owner = await (await KeyPair.GenerateAsync(directory, "owner")).CertifyAsync(ca, "-n", $"e2e,{Id}");
        KeyPair somebody = await KeyPair.GenerateAsync(directory, "somebody");
        await using Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions { ProxyArguments = [[]] });
        await using PodSshd pod = await PodSshd.StartAsync(new PodOptions(Id, Id, keys.UserCa.PublicFile));
        SessionManifest session = new(Id, [somebody.PublicLine]) { Port = pod.Endpoint.Port, TrustedUserCAKeys = [ca.PublicLine] };
        PodManifest podManifest = new(Id, Id, pod.Endpoint.Address);
        gateway.Manifests.Write(session with { AuthorizedPrincipals = ["on call, Europe", "ops"] }, podManifest);

        Assert.True((await ClientOf(gateway, ops).RunWhenKnownAsync(Id, "true")).Succeeded, gateway.Logs);
        Assert.False(await LogsInAsync(ClientOf(gateway, owner), Id));
        gateway.Manifests.Write(session, podManifest);
        Assert.True((await ClientOf(gateway, owner).RunWhenKnownAsync(Id, "true")).Succeeded, gateway.Logs);
        Assert.False(await LogsInAsync(ClientOf(gateway, ops), Id));
    }

    private static async Task KrlAsync(string file, KeyPair ca, string line)
    {
        string specification = file + ".specification";
        await File.WriteAllTextAsync(specification, line + "\n");
        CommandResult made = await Command.RunAsync("ssh-keygen", ["-k", "-f", file + ".new", "-s", ca.PublicFile, specification]);
        Assert.True(made.Succeeded, made.ToString());
        File.Move(file + ".new", file, overwrite: true);
    }

    private static SshClient ClientOf(Gateway gateway, KeyPair user) => SshClient.Create(gateway.Proxies[0].Ssh, user, gateway.Keys.HostKeys);

    private static async Task<bool> LogsInAsync(SshClient client, string user)
    {
        CommandResult result = await client.RunAsync(user, "echo in");
        Assert.True(result.Succeeded || result.ErrorText.Contains("Permission denied", StringComparison.Ordinal), result.ToString());
        return result.Succeeded;
    }
}
