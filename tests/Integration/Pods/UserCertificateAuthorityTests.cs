using System.Net;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Integration.Pods;

/// <summary>The certificate as ssh-keygen reads it.</summary>
public sealed class UserCertificateAuthorityTests
{
    [Theory]
    [InlineData(SshKeyTypes.Ed25519, "ssh-ed25519", "ED25519", 0)]
    [InlineData(SshKeyTypes.EcdsaP256, "ecdsa-sha2-nistp256", "ECDSA", 0)]
    [InlineData(SshKeyTypes.EcdsaP256, "ecdsa-sha2-nistp256", "ECDSA", 1)]
    [InlineData(SshKeyTypes.EcdsaP384, "ecdsa-sha2-nistp384", "ECDSA", 0)]
    [InlineData(SshKeyTypes.EcdsaP521, "ecdsa-sha2-nistp521", "ECDSA", 0)]
    [InlineData(SshKeyTypes.Rsa, "rsa-sha2-512", "RSA", 1)]
    public void Ssh_keygen_reads_what_we_mean(string caKeyType, string signatureAlgorithm, string caName, int keyNumber)
    {
        using SshPrivateKey ca = PrivateKeys.Generate(caKeyType);
        SshPublicKey client = PrivateKeys.Generate(SshKeyTypes.Ed25519).PublicKey;
        var time = new FixedTime(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));
        PodCredential[] offered = new UserCertificateAuthority(ca, time).Create(
            new AuthenticatedClient(Sessions.Entry(), client, IPEndPoint.Parse("192.0.2.7:51234")) { ConnectionId = "0badcafe-1", RevokedKeys = new RevokedKeys() }).Value!;
        Assert.Equal(["ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com"], offered.Select(credential => credential.Algorithm));
        PodCredential certificate = offered[keyNumber];

        string text = Show(certificate);
        string[] lines = [.. text.Split('\n').Select(line => line.Trim())];
        Assert.Contains($"Type: {certificate.Algorithm} user certificate", lines);
        Assert.Contains($"Public key: {(keyNumber == 0 ? "ED25519" : "ECDSA")}-CERT {certificate.Key.PublicKey.Fingerprint}", lines);
        Assert.Contains($"Signing CA: {caName} {ca.PublicKey.Fingerprint} (using {signatureAlgorithm})", lines);
        Assert.Contains($"Key ID: \"session=abc12 client={client.Fingerprint} from=192.0.2.7 connection=0badcafe-1\"", lines);
        Assert.Contains("Serial: 0", lines);
        Assert.Contains("Valid: from 2026-03-04T05:01:07 to 2026-03-04T05:11:07", lines);
        int principals = Array.IndexOf(lines, "Principals:");
        Assert.Equal(["abc12", "Critical Options: (none)", "Extensions:"], lines[(principals + 1)..(principals + 4)]);
        Assert.Equal(
            ["permit-X11-forwarding", "permit-agent-forwarding", "permit-port-forwarding", "permit-pty", "permit-user-rc", ""],
            lines[(principals + 4)..(principals + 10)]);
    }

    [Fact]
    public void Every_certificate_has_its_own_nonce()
    {
        using SshPrivateKey ca = PrivateKeys.Generate(SshKeyTypes.Ed25519);
        var authority = new UserCertificateAuthority(ca, TimeProvider.System);
        var client = new AuthenticatedClient(Sessions.Entry(), ca.PublicKey, IPEndPoint.Parse("[2001:db8::1]:22")) { ConnectionId = "0badcafe-1", RevokedKeys = new RevokedKeys() };
        PodCredential first = authority.Create(client).Value![0];
        PodCredential second = authority.Create(client).Value![0];
        Assert.NotEqual(first.MakeBlob().Slice(36, 36).ToArray(), second.MakeBlob().Slice(36, 36).ToArray());
        Assert.Contains("from=2001:db8::1 connection=0badcafe-1\"", Show(first), StringComparison.Ordinal);
    }

    // What the client's CA forces or does not permit is the pod's to enforce, so its sshd has to hear of it.
    [Fact]
    public void It_permits_no_more_than_the_clients_own_certificate()
    {
        using SshPrivateKey ca = PrivateKeys.Generate(SshKeyTypes.Ed25519);
        Certificate own = new(ca.PublicKey, ca)
        {
            KeyId = "alice \"x\"\n" + new string('y', 200),
            Serial = 7,
            CriticalOptions = [("force-command", "/bin/date"), ("source-address", "192.0.2.0/24")],
            Extensions = ["no-touch-required", "permit-pty", "permit-x-unheard-of"],
        };
        var client = new AuthenticatedClient(Sessions.Entry(), ca.PublicKey, IPEndPoint.Parse("192.0.2.7:51234"), own.Parse()) { ConnectionId = "0badcafe-1", RevokedKeys = new RevokedKeys() };
        PodCredential certificate = new UserCertificateAuthority(ca, TimeProvider.System).Create(client).Value![0];

        string[] lines = [.. Show(certificate).Split('\n').Select(line => line.Trim())];
        int options = Array.IndexOf(lines, "Critical Options:");
        Assert.Equal(["force-command /bin/date", "Extensions:", "permit-pty", ""], lines[(options + 1)..(options + 5)]);
        Assert.Contains(
            $"Key ID: \"session=abc12 client={ca.PublicKey.Fingerprint} from=192.0.2.7 connection=0badcafe-1 certificate=alice%20%22x%22%0A{new string('y', 118)} serial=7 ca={ca.PublicKey.Fingerprint}\"",
            lines);
    }

    private static string Show(PodCredential certificate)
    {
        using var files = new ScratchFiles();
        string path = files.PathOf("id-cert.pub");
        File.WriteAllText(path, $"{certificate.Algorithm} {Convert.ToBase64String(certificate.MakeBlob().Span)}\n");
        return Command.OutputAsync("env", "TZ=UTC", "ssh-keygen", "-L", "-f", path).GetAwaiter().GetResult();
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
