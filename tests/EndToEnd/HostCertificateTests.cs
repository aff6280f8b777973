using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Pods that show a host certificate, with the real sshd.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class HostCertificateTests(SharedGateway shared)
{
    [RealSshTheory(SoftwareSecurityKey.Provider)]
    [InlineData("ed25519", "ed25519", "hostcert-ed25519")]
    [InlineData("ecdsa", "rsa", "hostcert-ecdsa")]
    [InlineData("rsa", "ecdsa", "hostcert-rsa")]
    public async Task A_pod_with_a_certificate_of_the_sessions_CA_is_trusted(string type, string caType, string id)
    {
        KeyPair ca = await KeyPair.GenerateAsync(ScratchDirectory.New("host-ca"), "ca", caType);
        await using PodSshd pod = await AddPodAsync(id, ca, type, ["-h", "-n", id]);

        CommandResult result = await shared.Client.RunWhenKnownAsync(id, "echo $POD");

        Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
        Assert.Equal($"{id}\n", result.Text);
        shared.Gateway.Manifests.Remove(id);
    }

    // A pod's key may change as often as it likes, as long as the CA says that it is the pod's.
    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task Another_certified_key_of_the_same_pod_is_trusted_too()
    {
        const string Id = "hostcert-renewed";
        KeyPair ca = await KeyPair.GenerateAsync(ScratchDirectory.New("host-ca"), "ca");
        PodManifest? manifest = null;
        foreach (string[] arguments in new string[][] { ["-h", "-n", Id], ["-h", "-n", $"other,{Id}", "-V", "-1m:+1h"] })
        {
            await using PodSshd pod = await AddPodAsync(Id, ca, "ed25519", arguments, of => manifest = manifest is null ? of : of with { Uid = manifest.Uid });
            // The second one is where the first one was not: until the proxy has heard of it, the pod cannot be
            // reached.
            CommandResult? result = null;
            await Eventually.TrueAsync(
                async () => (result = await shared.Client.RunAsync(Id, "echo $POD")).Succeeded, TimeSpan.FromSeconds(10), () => $"{result}\n{shared.Gateway.Logs}");
        }
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshTheory(SoftwareSecurityKey.Provider)]
    [InlineData("other", "names neither the session id nor the pod", "-h", "-n", "another-pod")]
    [InlineData("nobodys", "names neither the session id nor the pod", "-h")]
    [InlineData("expired", "has expired", "-h", "-n", "hostcert-expired", "-V", "20200101:20200102")]
    public async Task A_pod_with_any_other_certificate_gets_no_login(string name, string why, params string[] arguments)
    {
        string id = $"hostcert-{name}";
        KeyPair ca = await KeyPair.GenerateAsync(ScratchDirectory.New("host-ca"), "ca");
        await using PodSshd pod = await AddPodAsync(id, ca, "ed25519", arguments);
        await AssertRefusedAsync(id, pod, "presented an unexpected host key", why);
    }

    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task A_pod_with_a_certificate_of_another_CA_or_none_gets_no_login()
    {
        KeyPair ca = await KeyPair.GenerateAsync(ScratchDirectory.New("host-ca"), "ca");
        KeyPair other = await KeyPair.GenerateAsync(ScratchDirectory.New("host-ca"), "other");
        await using PodSshd foreign = await AddPodAsync("hostcert-foreign", other, "ed25519", ["-h", "-n", "hostcert-foreign"], trusted: ca);
        await AssertRefusedAsync("hostcert-foreign", foreign, "presented an unexpected host key", $"another CA, {other.Fingerprint}");
        await using PodSshd plain = await shared.AddPodAsync("hostcert-none", session: (session, _) => session with { HostCAKeys = [ca.PublicLine] });
        await AssertRefusedAsync("hostcert-none", plain, "no common host key algorithm", "PodHandshakeFailed");
    }

    private async Task<PodSshd> AddPodAsync(
        string id, KeyPair ca, string type, string[] arguments, Func<PodManifest, PodManifest>? manifest = null, KeyPair? trusted = null)
    {
        KeyPair hostKey = await (await KeyPair.GenerateAsync(ScratchDirectory.New("host-key"), "host_key", type)).CertifyAsync(ca, arguments);
        PodSshd pod = await PodSshd.StartAsync(new PodOptions(id, id, shared.Gateway.Keys.UserCa.PublicFile)
        {
            HostKeys = [hostKey],
            ExtraConfig = [$"HostCertificate {hostKey.CertificateFile}"],
        });
        PodManifest of = new(id, id, pod.Endpoint.Address);
        shared.Gateway.Manifests.Write(
            new SessionManifest(id, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port, HostCAKeys = [(trusted ?? ca).PublicLine] }, manifest?.Invoke(of) ?? of);
        return pod;
    }

    private async Task AssertRefusedAsync(string id, PodSshd pod, string told, string logged)
    {
        CommandResult result = await shared.Client.RunWhenKnownAsync(id, "echo in");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains(told, result.ErrorText, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => shared.Gateway.Logs.Contains(logged, StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => shared.Gateway.Logs);
        Assert.DoesNotContain("Accepted publickey", pod.Log, StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(id);
    }
}
