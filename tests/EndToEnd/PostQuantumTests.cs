using SshGateway.Tests.EndToEnd.Clients;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Where OpenSSH prefers ML-KEM (10.0), it is what both legs use without being told to.
/// </summary>
[Collection(SharedGatewayTests.Name)]
public sealed class PostQuantumTests(SharedGateway shared)
{
    private const string Kex = "mlkem768x25519-sha256";

    [PostQuantumFact]
    public async Task The_client_leg_uses_it_and_ssh_has_nothing_to_warn_of()
    {
        CommandResult quiet = await shared.Client.RunAsync(SharedGateway.Alpha, "true");
        CommandResult verbose = await shared.Client.RunAsync(SharedGateway.Alpha, "true", flags: "-v");

        Assert.True(quiet.Succeeded, quiet.ToString());
        // OpenSSH 10.1 and newer say so when a key exchange is not post-quantum.
        Assert.Equal("", quiet.ErrorText);
        Assert.Contains($"kex: algorithm: {Kex}", verbose.ErrorText, StringComparison.Ordinal);
        Assert.DoesNotContain("post-quantum", verbose.ErrorText, StringComparison.Ordinal);
    }

    // The gateway runs outside of it, where OpenSSL may have no ML-KEM.
    [TrixieClientFact]
    public async Task The_OpenSSH_of_Debian_13_uses_it_with_a_gateway_on_this_machine()
    {
        SshClient client = shared.Client.Under(Repository.File("scripts/testing/in-trixie"), []);

        CommandResult verbose = await client.RunAsync(SharedGateway.Alpha, "true", flags: "-v");

        Assert.True(verbose.Succeeded, verbose.ToString());
        Assert.Contains($"kex: algorithm: {Kex}", verbose.ErrorText, StringComparison.Ordinal);
    }

    [PostQuantumFact]
    public async Task The_pod_leg_uses_it()
    {
        const string Id = "post-quantum";
        await using PodSshd pod = await shared.AddPodAsync(Id, options => options with { ExtraConfig = ["LogLevel DEBUG1"] });

        CommandResult login = await shared.Client.RunWhenKnownAsync(Id, "echo $POD");

        Assert.True(login.Text == $"{Id}\n", login.ToString());
        Assert.Contains($"kex: algorithm: {Kex}", pod.Log, StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(Id);
    }
}
