using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Pods whose SSH server takes less, says more, or takes longer than a stock sshd.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class PodDifferenceTests(SharedGateway shared)
{
    // crypto-policies' FIPS of RHEL 9, as far as OpenSSH here knows the names.
    private static readonly string[] Fips =
    [
        "KexAlgorithms ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512",
        "Ciphers aes256-gcm@openssh.com,aes256-ctr,aes128-gcm@openssh.com,aes128-ctr",
        "MACs hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512",
        "HostKeyAlgorithms ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,rsa-sha2-256,rsa-sha2-512",
        "PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384,ecdsa-sha2-nistp384-cert-v01@openssh.com,rsa-sha2-256,rsa-sha2-512",
        "CASignatureAlgorithms ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,rsa-sha2-256,rsa-sha2-512",
    ];

    [RealSshTheory]
    [InlineData("fips", "MaxAuthTries 6")]
    // The first attempt is refused, and counts.
    [InlineData("fips-two-tries", "MaxAuthTries 2")]
    public async Task A_pod_in_FIPS_mode_is_logged_in_to_with_ECDSA(string id, string tries)
    {
        string directory = ScratchDirectory.New("fips-keys");
        GatewayKeys keys = shared.Gateway.Keys with { UserCa = await KeyPair.GenerateAsync(directory, "user_ca", "ecdsa", 256) };
        await using Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions { ProxyArguments = [[]] });
        await using PodSshd pod = await PodSshd.StartAsync(new PodOptions(id, id, keys.UserCa.PublicFile)
        {
            HostKeys = [keys.Ecdsa],
            ExtraConfig = [.. Fips, tries],
        });
        gateway.Manifests.Write(new SessionManifest(id, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port }, new PodManifest(id, id, pod.Endpoint.Address));

        CommandResult result = await SshClient.Create(gateway.Proxies[0].Ssh, shared.UserKey, keys.HostKeys).RunWhenKnownAsync(id, "echo $POD");

        Assert.True(result.Succeeded, $"{result}\n{pod.Log}\n{gateway.Logs}");
        Assert.Equal($"{id}\n", result.Text);
        Assert.Contains("Accepted publickey for root from", pod.Log, StringComparison.Ordinal);
        Assert.Contains("ECDSA-CERT", pod.Log, StringComparison.Ordinal);
    }

    // It takes rsa-sha2-256 alone, and says so (RFC 8308).
    [RealSshFact("dropbear", "dropbearkey", "unshare")]
    public async Task Dropbear_is_logged_in_to_with_an_RSA_key()
    {
        const string Id = "dropbear";
        KeyPair key = await KeyPair.GenerateAsync(ScratchDirectory.New("gateway-key"), "gateway_key", "rsa", 3072);
        await using Gateway gateway = await Gateway.StartAsync(
            shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [["--Proxy:UserCaKey=", $"--Proxy:GatewayKey={key.PrivateFile}"]] });
        await using DropbearPod pod = await DropbearPod.StartAsync(Id, key.PublicLine);
        gateway.Manifests.Write(new SessionManifest(Id, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port }, new PodManifest(Id, Id, pod.Endpoint.Address));

        CommandResult result = await SshClient.Create(gateway.Proxies[0].Ssh, shared.UserKey, gateway.Keys.HostKeys).RunWhenKnownAsync(Id, "echo in the pod");

        Assert.True(result.Succeeded, $"{result}\n{pod.Log}\n{gateway.Logs}");
        Assert.Equal("in the pod\n", result.Text);
        Assert.DoesNotContain("Bad", pod.Log, StringComparison.OrdinalIgnoreCase);
    }

    [RealSshFact]
    public async Task A_banner_of_100_000_bytes_is_shown()
    {
        const string Id = "long-banner";
        string banner = string.Concat(Enumerable.Range(0, 2000).Select(number => $"{number}".PadRight(49, '.') + "\n"));
        string file = Path.Combine(ScratchDirectory.New(Id), "banner");
        await File.WriteAllTextAsync(file, banner);
        await using PodSshd pod = await shared.AddPodAsync(Id, options => options with { ExtraConfig = [$"Banner {file}"] });

        CommandResult result = await shared.Client.RunWhenKnownAsync(Id, "true");

        Assert.True(result.Succeeded, $"{result}\n{pod.Log}\n{shared.Gateway.Logs}");
        Assert.Equal(100_000, banner.Length);
        Assert.Contains(banner, result.ErrorText.Replace("\r", "", StringComparison.Ordinal), StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task A_pod_that_asks_somebody_else_who_may_log_in_is_waited_for()
    {
        const string Id = "slow-login";
        await using PodSshd pod = await shared.AddPodAsync(Id, options => options with
        {
            // Nobody by the file.
            SessionId = "nobody",
            ExtraConfig = [$"AuthorizedPrincipalsCommand {Tools.Find("bash")} -c 'sleep 12; echo {Id}'", "AuthorizedPrincipalsCommandUser root"],
        });

        // The first proxy waits for 10 s only.
        CommandResult result = await shared.ClientOf(1).RunWhenKnownAsync(Id, "echo $POD");

        Assert.True(result.Succeeded, $"{result}\n{pod.Log}\n{shared.Gateway.Logs}");
        Assert.Contains("The pod of session slow-login has not completed the login yet. Waiting up to 30 seconds.", result.ErrorText, StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(Id);
    }
}
