using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>FIDO security keys: the real ssh, with the software key that OpenSSH's own tests use.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class SecurityKeyTests(SharedGateway shared)
{
    [RealSshTheory(SoftwareSecurityKey.Provider)]
    [InlineData("ed25519-sk", "sk-ssh-ed25519@openssh.com")]
    [InlineData("ecdsa-sk", "sk-ecdsa-sha2-nistp256@openssh.com")]
    public async Task A_security_key_logs_in(string type, string algorithm)
    {
        KeyPair key = await SoftwareSecurityKey.GenerateAsync(type);
        string id = $"touched-{type}";
        await using PodSshd pod = await AddPodAsync(id, key);
        foreach ((string form, string method) in new[]
        {
            ("unbound", "publickey"),
            ("host-bound", "publickey-hostbound-v00@openssh.com"),
        })
        {
            CommandResult result = await SoftwareSecurityKey.Client(shared, key).With($"PubkeyAuthentication={form}").RunAsync(id, "echo $POD", flags: "-vvv");

            Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
            Assert.Equal($"{id}\n", result.Text);
            Assert.Contains($"using {method} with ", result.ErrorText, StringComparison.Ordinal);
            Assert.Contains($"signing using {algorithm} ", result.ErrorText, StringComparison.Ordinal);
        }
        Assert.Contains($"client={key.Fingerprint}", pod.Log, StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(id);
    }

    // The key is the right one and its signature is good. Nobody touched it.
    [RealSshTheory(SoftwareSecurityKey.Provider)]
    [InlineData("ed25519-sk")]
    [InlineData("ecdsa-sk")]
    public async Task A_security_key_that_asks_for_no_touch_is_refused(string type)
    {
        KeyPair key = await SoftwareSecurityKey.GenerateAsync(type, "no-touch-required");
        string id = $"untouched-{type}";
        await using PodSshd pod = await AddPodAsync(id, key);

        CommandResult result = await SoftwareSecurityKey.Client(shared, key).RunAsync(id, "echo in", flags: "-v");

        Assert.Equal(255, result.ExitCode);
        Assert.Empty(result.Text);
        // The query was answered with yes; it is the signature that is refused.
        Assert.Contains("Server accepts key", result.ErrorText, StringComparison.Ordinal);
        Assert.Contains("Permission denied (publickey)", result.ErrorText, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Fingerprint, pod.Log, StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(id);
    }

    // Also authorises the usual user, whose login says that the session is known.
    private async Task<PodSshd> AddPodAsync(string id, KeyPair key)
    {
        PodSshd pod = await shared.AddPodAsync(id, session: (session, _) => session with { AuthorizedKeys = [shared.UserKey.PublicLine, key.PublicLine] });
        CommandResult known = await shared.Client.RunWhenKnownAsync(id, "true");
        Assert.True(known.Succeeded, $"{known}\n{shared.Gateway.Logs}");
        return pod;
    }
}
