using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Keys of the gateway that come and go while it runs, with a gateway of its own.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class KeyReloadTests
{
    private const string Id = "reloaded";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [RealSshFact]
    public async Task A_new_host_key_is_learned_silently_and_trusted_when_the_old_one_is_gone()
    {
        string directory = ScratchDirectory.New("host-keys");
        KeyPair old = await KeyPair.GenerateAsync(directory, "ssh_host_ed25519_key");
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        await using Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions { HostKeyPaths = [directory], ProxyArguments = [[]] });
        (SshClient client, PodSshd pod) = await AddSessionAsync(gateway, keys.UserCa, [old]);
        await using PodSshd disposal = pod;
        client = client.With("UpdateHostKeys=yes");
        // Somebody who was away meanwhile.
        string knownThen = Path.Combine(ScratchDirectory.New("known-then"), "known_hosts");
        File.Copy(client.KnownHosts, knownThen);
        Assert.Equal("", (await AssertLogsInAsync(client, gateway)).ErrorText);

        // Of the same type as the old one, which stays the one that is shown; and of another.
        string elsewhere = ScratchDirectory.New("next-host-keys");
        KeyPair next = await KeyPair.GenerateAsync(elsewhere, "ssh_host_ed25519_key.next");
        KeyPair rsa = await KeyPair.GenerateAsync(elsewhere, "ssh_host_rsa_key", "rsa", 2048);
        foreach (KeyPair added in new[] { next, rsa })
        {
            File.Move(added.PrivateFile, Path.Combine(directory, Path.GetFileName(added.PrivateFile)));
        }
        await Eventually.TrueAsync(
            async () =>
            {
                // It may end before the proof has come, and then learns nothing.
                CommandResult login = await AssertLogsInAsync(client, gateway);
                Assert.Equal("", login.ErrorText);
                return Knows(client, next) && Knows(client, rsa);
            },
            Soon,
            () => $"{File.ReadAllText(client.KnownHosts)}\n{gateway.Logs}");

        File.Delete(old.PrivateFile);
        await Eventually.TrueAsync(
            async () =>
            {
                await AssertLogsInAsync(client, gateway);
                return !Knows(client, old);
            },
            Soon,
            () => $"{File.ReadAllText(client.KnownHosts)}\n{gateway.Logs}");
        CommandResult now = await client.With("HostKeyAlgorithms=ssh-ed25519").RunAsync(Id, "echo $POD", flags: "-v");
        Assert.True(now.Succeeded, $"{now}\n{gateway.Logs}");
        Assert.Contains($"Server host key: ssh-ed25519 {next.Fingerprint}", now.ErrorText, StringComparison.Ordinal);
        CommandResult refused = await client.With($"UserKnownHostsFile={knownThen}").RunAsync(Id, "echo $POD");
        Assert.Contains("Host key verification failed", refused.ErrorText, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task A_new_user_CA_signs_without_a_restart()
    {
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        KeyPair nextCa = await KeyPair.GenerateAsync(ScratchDirectory.New("next-ca"), "user_ca");
        await using Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions { ProxyArguments = [[]] });
        (SshClient client, PodSshd pod) = await AddSessionAsync(gateway, nextCa, keys.HostKeys);
        await using PodSshd disposal = pod;
        CommandResult before = await client.RunWhenKnownAsync(Id, "echo $POD");
        Assert.Contains("did not accept the gateway's certificate", before.ErrorText, StringComparison.Ordinal);

        File.Move(nextCa.PrivateFile, keys.UserCa.PrivateFile, overwrite: true);

        await Eventually.TrueAsync(async () => (await client.RunAsync(Id, "echo $POD")).Succeeded, Soon, () => gateway.Logs);
    }

    // For pods that cannot be made to trust a CA.
    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task A_plain_key_of_the_gateways_logs_in_to_pods_that_list_it()
    {
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        string directory = ScratchDirectory.New("gateway-key");
        KeyPair key = await KeyPair.GenerateAsync(directory, "gateway", "rsa", 2048);
        KeyPair next = await KeyPair.GenerateAsync(directory, "next");
        await using Gateway gateway = await Gateway.StartAsync(
            keys, new GatewayOptions { ProxyArguments = [["--Proxy:UserCaKey=", $"--Proxy:GatewayKey={key.PrivateFile}"]] });
        KeyPair userCa = await KeyPair.GenerateAsync(directory, "ca");
        (SshClient client, PodSshd pod) = await AddSessionAsync(gateway, keys.UserCa, keys.HostKeys, key.PublicLine, userCa);
        await using PodSshd disposal = pod;
        await AssertLogsInAsync(client, gateway);
        Assert.Contains($"Accepted publickey for root from 127.0.0.1", pod.Log, StringComparison.Ordinal);
        Assert.Contains($"RSA {key.Fingerprint}", pod.Log, StringComparison.Ordinal);

        // The pod would not hear of the restriction, and hears nothing of the client.
        int connections = pod.Log.Split("Connection from").Length;
        KeyPair restricted = await (await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id")).CertifyAsync(userCa, "-n", Id, "-O", "no-port-forwarding");
        CommandResult refused = await SshClient.Create(gateway.Proxies[0].Ssh, restricted, keys.HostKeys).RunAsync(Id, "echo in");
        Assert.Equal(255, refused.ExitCode);
        Assert.Empty(refused.Text);
        Assert.Contains("lacks permit-port-forwarding, which the gateway cannot pass on", refused.ErrorText, StringComparison.Ordinal);
        Assert.Equal(connections, pod.Log.Split("Connection from").Length);
        KeyPair full = await (await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id")).CertifyAsync(userCa, "-n", Id);
        await AssertLogsInAsync(SshClient.Create(gateway.Proxies[0].Ssh, full, keys.HostKeys), gateway);

        await File.WriteAllTextAsync(pod.AuthorizedKeysFile, next.PublicLine + "\n");
        CommandResult between = await client.RunAsync(Id, "echo in");
        Assert.Contains("did not accept the gateway's key", between.ErrorText, StringComparison.Ordinal);
        File.Move(next.PrivateFile, key.PrivateFile, overwrite: true);
        await Eventually.TrueAsync(async () => (await client.RunAsync(Id, "echo $POD")).Succeeded, Soon, () => gateway.Logs);
    }

    private static bool Knows(SshClient client, KeyPair key) =>
        File.ReadAllText(client.KnownHosts).Contains(key.PublicLine.Split(' ')[1], StringComparison.Ordinal);

    private static async Task<CommandResult> AssertLogsInAsync(SshClient client, Gateway gateway)
    {
        CommandResult result = await client.RunWhenKnownAsync(Id, "echo $POD");
        Assert.True(result.Succeeded, $"{result}\n{gateway.Logs}");
        Assert.Equal($"{Id}\n", result.Text);
        return result;
    }

    private static async Task<(SshClient Client, PodSshd Pod)> AddSessionAsync(
        Gateway gateway, KeyPair ca, IEnumerable<KeyPair> hostKeys, string? authorizedKey = null, KeyPair? userCa = null)
    {
        KeyPair user = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id");
        PodSshd pod = await PodSshd.StartAsync(new PodOptions(Id, Id, ca.PublicFile) { AuthorizedKeys = authorizedKey is null ? [] : [authorizedKey] });
        SessionManifest session = new(Id, [user.PublicLine]) { Port = pod.Endpoint.Port, TrustedUserCAKeys = userCa is null ? [] : [userCa.PublicLine] };
        gateway.Manifests.Write(session, new PodManifest(Id, Id, pod.Endpoint.Address));
        return (SshClient.Create(gateway.Proxies[0].Ssh, user, hostKeys), pod);
    }
}
