using SshGateway.Tests.EndToEnd.Clients;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Each type of user key, with both of OpenSSH's forms of the signed request.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class UserKeyTests(SharedGateway shared)
{
    [RealSshTheory]
    [InlineData("ed25519", null, "ssh-ed25519")]
    [InlineData("ecdsa", 256, "ecdsa-sha2-nistp256")]
    [InlineData("ecdsa", 384, "ecdsa-sha2-nistp384")]
    [InlineData("ecdsa", 521, "ecdsa-sha2-nistp521")]
    [InlineData("rsa", 2048, "rsa-sha2-256")]
    [InlineData("rsa", 3072, "rsa-sha2-512")]
    public async Task Every_user_key_type_logs_in(string type, int? bits, string algorithm)
    {
        string id = $"user-{algorithm}";
        KeyPair key = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "id", type, bits);
        await using PodSshd pod = await shared.AddPodAsync(
            id, session: (session, _) => session with { AuthorizedKeys = [shared.UserKey.PublicLine, key.PublicLine] });
        SshClient client = shared.ClientOf(0, key).With($"PubkeyAcceptedAlgorithms={algorithm}");
        CommandResult known = await client.RunWhenKnownAsync(id, "true");
        Assert.True(known.Succeeded, $"{known}\n{shared.Gateway.Logs}");

        foreach ((string form, string method) in new[]
        {
            ("unbound", "publickey"),
            ("host-bound", "publickey-hostbound-v00@openssh.com"),
        })
        {
            CommandResult result = await client.With($"PubkeyAuthentication={form}").RunAsync(id, "echo $POD", flags: "-vvv");

            Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
            Assert.Equal($"{id}\n", result.Text);
            Assert.Contains($"using {method} with ", result.ErrorText, StringComparison.Ordinal);
            Assert.Contains($"signing using {algorithm} ", result.ErrorText, StringComparison.Ordinal);
        }

        Assert.Contains($"client={key.Fingerprint}", pod.Log, StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(id);
    }

    [RealSshFact]
    public async Task The_first_authorized_one_of_several_offered_keys_logs_in()
    {
        string directory = ScratchDirectory.New("many-keys");
        List<string> identities = [];
        for (int number = 0; number < 8; number++)
        {
            KeyPair stranger = await KeyPair.GenerateAsync(directory, $"stranger-{number}");
            identities.Add($"IdentityFile={stranger.PrivateFile}");
        }

        CommandResult result = await shared.ClientOf(0).With([.. identities]).RunAsync(SharedGateway.Beta, "echo $POD");

        Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
        Assert.Equal("beta\n", result.Text);
    }

    [ClientFact("/usr/lib/python3/dist-packages/paramiko")]
    public async Task Paramiko_logs_in_with_the_last_one_of_several_keys()
    {
        string directory = ScratchDirectory.New("paramiko-keys");
        string[] strangers =
        [
            "Ed25519Key:" + (await KeyPair.GenerateAsync(directory, "ed25519")).PrivateFile,
            "ECDSAKey:" + (await KeyPair.GenerateAsync(directory, "ecdsa", "ecdsa", 256)).PrivateFile,
            "RSAKey:" + (await KeyPair.GenerateAsync(directory, "rsa", "rsa", 2048)).PrivateFile,
        ];

        CommandResult result = await Command.RunAsync(
            Repository.File(Path.Combine("tests", "EndToEnd", "Clients", "paramiko_keys.py")),
            [.. strangers, "Ed25519Key:" + shared.UserKey.PrivateFile],
            environment: new Dictionary<string, string>
            {
                ["HOST"] = $"{shared.Gateway.Proxies[0].Ssh.Address}",
                ["PORT"] = $"{shared.Gateway.Proxies[0].Ssh.Port}",
                ["SESSION"] = SharedGateway.Beta,
            });

        Assert.True(result.Text == "refused: Ed25519Key\nrefused: ECDSAKey\nrefused: RSAKey\nbeta\n", $"{result}\n{shared.Gateway.Logs}");
    }
}
