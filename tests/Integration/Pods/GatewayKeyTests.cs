using System.Net;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Integration.Pods;

public sealed class GatewayKeyTests : IDisposable
{
    private readonly SshPrivateKey _key = PrivateKeys.Generate(SshKeyTypes.Rsa);
    private readonly SshPrivateKey _client = Ed25519PrivateKey.Generate();

    public void Dispose()
    {
        _key.Dispose();
        _client.Dispose();
    }

    [Fact]
    public void One_key_signs_for_all_and_outlives_each_login()
    {
        var credentials = new GatewayKey(_key);
        for (int login = 0; login < 2; login++)
        {
            PodCredential[] offered = credentials.Create(Client(null)).Value!;
            // Dropbear has no rsa-sha2-512.
            Assert.Equal(["rsa-sha2-512", "rsa-sha2-256"], offered.Select(credential => credential.Algorithm));
            Assert.All(offered, credential =>
            {
                Assert.Equal(_key.PublicKey.Blob.ToArray(), credential.MakeBlob().ToArray());
                Assert.True(SignatureVerifier.Verify(_key.PublicKey, credential.Signature, credential.Key.Sign(credential.Signature, [1, 2]), [1, 2]));
            });
        }
    }

    [Theory]
    [InlineData("everything", null)]
    [InlineData("checked here", null)]
    [InlineData("force-command", "has a force-command")]
    [InlineData("no pty", "lacks permit-pty")]
    [InlineData("nothing", "lacks permit-X11-forwarding")]
    public void A_certificate_that_restricts_its_client_cannot_be_handed_on(string what, string? restriction)
    {
        Certificate full = new(_client.PublicKey, _key);
        AuthenticatedClient client = Client(what switch
        {
            "checked here" => full with { CriticalOptions = [("source-address", "192.0.2.0/24")] },
            "force-command" => full with { CriticalOptions = [("force-command", "/bin/date")] },
            "no pty" => full with { Extensions = [.. full.Extensions.Except(["permit-pty"])] },
            "nothing" => full with { Extensions = [] },
            _ => full,
        });
        var credentials = new GatewayKey(_key);
        if (restriction is null)
        {
            Assert.True(credentials.Create(client).IsSuccess);
            return;
        }
        Refusal refused = credentials.Create(client).Refusal!;
        Assert.Equal(ConnectionEnd.CertificateRestricted, refused.End);
        Assert.Contains(restriction, refused.Sentence, StringComparison.Ordinal);
    }

    private AuthenticatedClient Client(Certificate? certificate) =>
        new(Sessions.Entry(), _client.PublicKey, IPEndPoint.Parse("192.0.2.7:51234"), certificate?.Parse()) { ConnectionId = "0badcafe-1", RevokedKeys = new RevokedKeys() };
}
