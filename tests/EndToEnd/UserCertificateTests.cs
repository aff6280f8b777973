using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>User certificates, made by the real ssh-keygen and shown by the real ssh.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class UserCertificateTests(SharedGateway shared)
{
    [RealSshTheory(SoftwareSecurityKey.Provider)]
    [InlineData("ed25519", null, "ed25519", "ssh-ed25519-cert-v01@openssh.com")]
    [InlineData("ecdsa", 256, "ecdsa", "ecdsa-sha2-nistp256-cert-v01@openssh.com")]
    [InlineData("ecdsa", 384, "rsa", "ecdsa-sha2-nistp384-cert-v01@openssh.com")]
    [InlineData("ecdsa", 521, "ed25519-sk", "ecdsa-sha2-nistp521-cert-v01@openssh.com")]
    [InlineData("rsa", 2048, "rsa", "rsa-sha2-256-cert-v01@openssh.com")]
    [InlineData("rsa", 2048, "ecdsa-sk", "rsa-sha2-512-cert-v01@openssh.com")]
    [InlineData("ed25519-sk", null, "ed25519", "sk-ssh-ed25519-cert-v01@openssh.com")]
    [InlineData("ecdsa-sk", null, "rsa", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com")]
    public async Task Every_type_of_certificate_of_every_type_of_CA_logs_in(string type, int? bits, string caType, string algorithm)
    {
        string id = $"cert-{type}-{bits}-{caType}".Replace("--", "-", StringComparison.Ordinal);
        KeyPair ca = await GenerateAsync("ca", caType);
        KeyPair key = await (await GenerateAsync("id", type, bits)).CertifyAsync(ca, "-n", id);
        await using PodSshd pod = await AddPodAsync(id, ca);

        foreach (string form in new[] { "unbound", "host-bound" })
        {
            CommandResult result = await ClientOf(key)
                .With($"PubkeyAcceptedAlgorithms={algorithm}", $"PubkeyAuthentication={form}").RunAsync(id, "echo $POD", flags: "-v");

            Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
            Assert.Equal($"{id}\n", result.Text);
        }
        Assert.Matches($@"session={id} client={Regex.Escape(key.Fingerprint)} from=127\.0\.0\.1 connection=\S+ certificate=e2e%20user serial=7 ca={Regex.Escape(ca.Fingerprint)}", pod.Log);
        shared.Gateway.Manifests.Remove(id);
    }

    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task A_certificate_for_the_sessions_owner_logs_in()
    {
        const string Id = "cert-owner";
        KeyPair ca = await GenerateAsync("ca");
        KeyPair key = await (await GenerateAsync("id")).CertifyAsync(ca, "-n", "somebody,e2e", "-V", "-1m:+1h", "-O", "source-address=127.0.0.0/8,192.0.2.1");
        await using PodSshd pod = await AddPodAsync(Id, ca);

        CommandResult result = await ClientOf(key).RunAsync(Id, "echo $POD");

        Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
        shared.Gateway.Manifests.Remove(Id);
    }

    // The pod hears nothing of any of them. A host certificate is not among them: ssh does not offer it.
    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task Certificates_that_do_not_open_the_session_are_refused()
    {
        const string Id = "cert-refused";
        KeyPair ca = await GenerateAsync("ca");
        KeyPair otherCa = await GenerateAsync("other-ca");
        await using PodSshd pod = await AddPodAsync(Id, ca);
        foreach ((KeyPair signer, string[] arguments, string why) in new (KeyPair, string[], string)[]
        {
            (ca, [], "neither the session id nor the session's owner"),
            (ca, ["-n", "another-id"], "neither the session id nor the session's owner"),
            (ca, ["-n", Id, "-V", "20200101:20200102"], "has expired"),
            (ca, ["-n", Id, "-V", "20990101:20990102"], "is not valid yet"),
            (ca, ["-n", Id, "-O", "critical:unheard-of@example.com=x"], "critical option unheard-of@example.com"),
            (ca, ["-n", Id, "-O", "source-address=192.0.2.0/24"], "does not admit the client's address"),
            (ca, ["-n", Id, "-O", "verify-required"], "which only a security key can"),
            (otherCa, ["-n", Id], "a CA that the session does not trust"),
        })
        {
            KeyPair key = await (await GenerateAsync("id")).CertifyAsync(signer, arguments);
            // Some of them ssh would not offer where it finds them by itself.
            // What is refused for the same reason is told of together, by each proxy.
            SshClient client = arguments.Contains("verify-required") ? shared.ClientOf(1, key) : ClientOf(key);
            CommandResult result = await client.With($"CertificateFile={key.CertificateFile}").RunAsync(Id, "echo in");

            Assert.Equal(255, result.ExitCode);
            Assert.Contains("Permission denied (publickey)", result.ErrorText, StringComparison.Ordinal);
            await Eventually.TrueAsync(
                () => shared.Gateway.Logs.Contains($"of the CA {signer.Fingerprint} ", StringComparison.Ordinal) && shared.Gateway.Logs.Contains(why, StringComparison.Ordinal),
                TimeSpan.FromSeconds(10),
                () => $"{why}\n{result}\n{shared.Gateway.Logs}");
        }
        Assert.Single(pod.Log.Split('\n'), line => line.Contains("Accepted publickey", StringComparison.Ordinal));
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task What_a_certificate_forces_or_does_not_permit_holds_in_the_pod()
    {
        const string Id = "cert-restricted";
        KeyPair ca = await GenerateAsync("ca");
        await using PodSshd pod = await AddPodAsync(Id, ca);
        using Socket target = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        target.Listen();
        await using EchoServer server = new(target);

        KeyPair forced = await (await GenerateAsync("id")).CertifyAsync(ca, "-n", Id, "-O", "force-command=echo forced $SSH_ORIGINAL_COMMAND");
        CommandResult command = await ClientOf(forced).RunAsync(Id, "id");
        Assert.True(command.Succeeded, $"{command}\n{shared.Gateway.Logs}");
        Assert.Equal("forced id\n", command.Text);

        KeyPair ptyAlone = await (await GenerateAsync("id")).CertifyAsync(ca, "-n", Id, "-O", "clear", "-O", "permit-pty");
        KeyPair everything = await (await GenerateAsync("id")).CertifyAsync(ca, "-n", Id);
        CommandResult refused = await ForwardAsync(ptyAlone);
        Assert.Contains("administratively prohibited", refused.ErrorText, StringComparison.Ordinal);
        Assert.Empty(refused.Text);
        CommandResult forwarded = await ForwardAsync(everything);
        Assert.Equal("through", forwarded.Text);
        shared.Gateway.Manifests.Remove(Id);

        Task<CommandResult> ForwardAsync(KeyPair key) =>
            Command.RunAsync("ssh", [.. ClientOf(key).Arguments(Id), "-W", $"{target.LocalEndPoint}", SshClient.Host], "through"u8.ToArray());
    }

    [RealSshTheory(SoftwareSecurityKey.Provider)]
    [InlineData("touched", true)]
    [InlineData("untouched", false)]
    [InlineData("untouched and allowed", true)]
    [InlineData("verified as demanded", true)]
    [InlineData("not verified as demanded", false)]
    public async Task A_security_key_vouches_for_what_its_certificate_demands(string what, bool admitted)
    {
        string id = $"cert-sk-{what.Replace(' ', '-')}";
        KeyPair ca = await GenerateAsync("ca");
        string[] ofKey = what switch
        {
            "untouched" or "untouched and allowed" => ["no-touch-required"],
            "verified as demanded" => ["verify-required"],
            _ => [],
        };
        string[] ofCertificate = what switch
        {
            "untouched and allowed" => ["-O", "no-touch-required"],
            "verified as demanded" or "not verified as demanded" => ["-O", "verify-required"],
            _ => [],
        };
        KeyPair key = await (await SoftwareSecurityKey.GenerateAsync("ed25519-sk", ofKey)).CertifyAsync(ca, ["-n", id, .. ofCertificate]);
        await using PodSshd pod = await AddPodAsync(id, ca);

        CommandResult result = await ClientOf(key).RunAsync(id, "echo $POD");

        Assert.True(admitted == result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
        shared.Gateway.Manifests.Remove(id);
    }

    [RealSshFact(SoftwareSecurityKey.Provider)]
    public async Task A_CA_that_the_session_no_longer_trusts_opens_nothing()
    {
        const string Id = "cert-removed";
        KeyPair ca = await GenerateAsync("ca");
        KeyPair key = await (await GenerateAsync("id")).CertifyAsync(ca, "-n", Id);
        SessionManifest? manifest = null;
        await using PodSshd pod = await shared.AddPodAsync(Id, session: (session, _) => manifest = session with { TrustedUserCAKeys = [ca.PublicLine] });
        CommandResult before = await ClientOf(key).RunWhenKnownAsync(Id, "echo $POD");
        Assert.True(before.Succeeded, $"{before}\n{shared.Gateway.Logs}");

        shared.Gateway.Manifests.Write(manifest! with { TrustedUserCAKeys = [] }, new PodManifest(Id, Id, pod.Endpoint.Address));

        await Eventually.TrueAsync(
            async () => (await ClientOf(key).RunAsync(Id, "true")).ErrorText.Contains("Permission denied (publickey)", StringComparison.Ordinal),
            TimeSpan.FromSeconds(10),
            () => shared.Gateway.Logs);
        shared.Gateway.Manifests.Remove(Id);
    }

    private static Task<KeyPair> GenerateAsync(string name, string type = "ed25519", int? bits = null) => type.EndsWith("-sk", StringComparison.Ordinal)
        ? SoftwareSecurityKey.GenerateAsync(type)
        : KeyPair.GenerateAsync(ScratchDirectory.New(name), name, type, bits);

    private SshClient ClientOf(KeyPair key) => SoftwareSecurityKey.Client(shared, key);

    private async Task<PodSshd> AddPodAsync(string id, KeyPair ca)
    {
        PodSshd pod = await shared.AddPodAsync(id, session: (session, _) => session with { TrustedUserCAKeys = [ca.PublicLine] });
        CommandResult known = await shared.Client.RunWhenKnownAsync(id, "true");
        Assert.True(known.Succeeded, $"{known}\n{shared.Gateway.Logs}");
        return pod;
    }
}
