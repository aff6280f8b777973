using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Host certificates of the gateway, made by the real ssh-keygen and checked by the real ssh, with a gateway of its
/// own.
/// </summary>
[Collection(OwnGatewayTests.Name)]
public sealed class GatewayHostCertificateTests
{
    private const string Id = "certified";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task One_line_with_the_CA_is_enough_for_every_type_of_key_and_after_a_renewal()
    {
        KeyPair ca = await KeyPair.GenerateAsync(ScratchDirectory.New("host-ca"), "host_ca");
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        foreach (KeyPair key in keys.HostKeys)
        {
            await key.CertifyAsync(ca, "-h", "-n", SshClient.Host);
        }
        await using Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions { ProxyArguments = [[]] });
        KeyPair user = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id");
        await using PodSshd pod = await gateway.AddPodAsync(Id, user);
        SshClient client = TrustingCA(gateway, user, ca);
        foreach (string algorithm in new[]
        {
            "ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com",
        })
        {
            // A key exchange later in the session is signed by the certificate's key, too.
            string transcript = await AssertLogsInAsync(client.With($"HostKeyAlgorithms={algorithm}", "RekeyLimit=64K"), gateway, "head -c 3000000 /dev/zero >&2");
            Assert.Contains($"kex: host key algorithm: {algorithm}", transcript, StringComparison.Ordinal);
            Assert.True(transcript.Split("SSH2_MSG_KEXINIT received").Length > 2, transcript);
            Assert.Contains($"CA ssh-ed25519 {ca.Fingerprint}", transcript, StringComparison.Ordinal);
        }
        Assert.Contains("serial 7", await AssertLogsInAsync(client, gateway), StringComparison.Ordinal);

        // To a name that it does not have, and by a client that knows no CA and no key.
        CommandResult other = await client.With("HostKeyAlias=elsewhere").RunAsync(Id, "echo in");
        Assert.Contains("Host key verification failed", other.ErrorText, StringComparison.Ordinal);

        await keys.Ed25519.CertifyAsync(ca, "-h", "-n", SshClient.Host, "-z", "8");
        await Eventually.TrueAsync(
            async () => (await AssertLogsInAsync(client.With("HostKeyAlgorithms=ssh-ed25519-cert-v01@openssh.com"), gateway)).Contains("serial 8", StringComparison.Ordinal),
            Soon,
            () => gateway.Logs);

        // What is no certificate of a key of ours takes nothing away, and is said.
        await keys.Rsa.CertifyAsync(ca, "-n", SshClient.Host);
        await Eventually.TrueAsync(
            async () =>
            {
                await AssertLogsInAsync(client, gateway);
                return gateway.Logs.Contains("it is a user certificate", StringComparison.Ordinal);
            },
            Soon,
            () => gateway.Logs);
    }

    // As before there were certificates: whoever knows the keys goes on, and learns the others.
    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task Those_who_know_the_keys_need_no_CA_and_learn_new_keys_as_before()
    {
        KeyPair ca = await KeyPair.GenerateAsync(ScratchDirectory.New("host-ca"), "host_ca");
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        await keys.Ed25519.CertifyAsync(ca, "-h", "-n", SshClient.Host);
        await keys.Rsa.CertifyAsync(ca, "-h", "-n", SshClient.Host);
        await using Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions { ProxyArguments = [[]] });
        KeyPair user = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id");
        await using PodSshd pod = await gateway.AddPodAsync(Id, user);
        foreach ((KeyPair known, string[] options) in new (KeyPair, string[])[]
        {
            (keys.Ed25519, []),
            (keys.Rsa, ["HostKeyAlgorithms=rsa-sha2-256-cert-v01@openssh.com,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256"]),
            (keys.Ecdsa, ["HostKeyAlgorithms=ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-512"]),
        })
        {
            SshClient client = SshClient.Create(gateway.Proxies[0].Ssh, user, [known]).With([.. options, "UpdateHostKeys=yes"]);
            await AssertLogsInAsync(client, gateway);
            await Eventually.TrueAsync(
                async () =>
                {
                    // It may end before the proof has come, and then learns nothing.
                    await AssertLogsInAsync(client, gateway);
                    string[] lines = await File.ReadAllLinesAsync(client.KnownHosts);
                    return keys.HostKeys.All(key => lines.Any(line => line.Contains(key.PublicLine.Split(' ')[1], StringComparison.Ordinal))) && lines.Length == keys.HostKeys.Count;
                },
                Soon,
                () => $"{known.PublicLine}\n{File.ReadAllText(client.KnownHosts)}\n{gateway.Logs}");
        }
    }

    private static SshClient TrustingCA(Gateway gateway, KeyPair user, KeyPair ca)
    {
        SshClient client = SshClient.Create(gateway.Proxies[0].Ssh, user, []);
        File.WriteAllText(client.KnownHosts, $"@cert-authority {SshClient.Host} {ca.PublicLine}\n");
        return client;
    }

    /// <summary>What ssh -v said.</summary>
    private static async Task<string> AssertLogsInAsync(SshClient client, Gateway gateway, string before = "true")
    {
        CommandResult? result = null;
        await Eventually.TrueAsync(
            async () =>
            {
                result = await client.RunAsync(Id, $"{before}; echo $POD", flags: "-v");
                return !result.ErrorText.Contains("Permission denied", StringComparison.Ordinal);
            },
            Soon,
            () => $"{result}\n{gateway.Logs}");
        Assert.True(result!.Succeeded, $"{result}\n{gateway.Logs}");
        Assert.Equal($"{Id}\n", result.Text);
        return result.ErrorText;
    }
}
