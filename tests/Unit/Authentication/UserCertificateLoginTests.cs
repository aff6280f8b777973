using SshGateway.Feed;
using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;

namespace SshGateway.Tests.Unit.Authentication;

/// <summary>Certificates over the wire, against a real listener.</summary>
public sealed class UserCertificateLoginTests(GatewayRig gateway) : IClassFixture<GatewayRig>, IDisposable
{
    private static readonly byte[] Refusal = SshWriter.Message(MessageNumber.UserAuthFailure).WriteString("publickey").WriteBoolean(false).ToArray();

    private readonly SshPrivateKey _ca = Ed25519PrivateKey.Generate();
    private readonly SshPrivateKey _key = Ed25519PrivateKey.Generate();

    public void Dispose()
    {
        _ca.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task A_certificate_logs_in_also_in_the_hostbound_form()
    {
        string id = AddSession();
        byte[] blob = new Certificate(_key.PublicKey, _ca) { Principals = [id] }.ToBlob();
        foreach (bool hostbound in new[] { false, true })
        {
            await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
            await SendAsync(client, AuthMessages.Query(id, NameOf(_key), blob));
            Assert.Equal(MessageNumber.UserAuthPublicKeyOk, (await client.ReceiveAsync().Limited()).Number);
            byte[]? hostKey = hostbound ? gateway.HostKeys.PublicKeys.First().Blob.ToArray() : null;
            await SendAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), id, NameOf(_key), blob, Sign(_key), hostKey));
            Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
            client.Abort();
            await gateway.NextEndAsync();
        }
    }

    // The same bytes as for a session that does not exist, to the query and to the signature. The log says more.
    [Theory]
    [InlineData("expired", nameof(KeyRefusal.CertificateExpired), "has expired")]
    [InlineData("not yet valid", nameof(KeyRefusal.CertificateNotYetValid), "is not valid yet")]
    [InlineData("no principals", nameof(KeyRefusal.WrongPrincipal), "neither the session id")]
    [InlineData("another id", nameof(KeyRefusal.WrongPrincipal), "neither the session id")]
    [InlineData("unknown critical option", nameof(KeyRefusal.CriticalOption), "critical option")]
    [InlineData("another source-address", nameof(KeyRefusal.SourceAddress), "client's address")]
    [InlineData("another CA", nameof(KeyRefusal.UntrustedCA), "does not trust")]
    [InlineData("host certificate", nameof(KeyRefusal.NotUserCertificate), "no user certificate")]
    [InlineData("forged", nameof(KeyRefusal.InvalidSignature), "The last one came with a signature that is not valid.")]
    [InlineData("no session", nameof(KeyRefusal.UnknownSession), "The last one was offered for a session that does not exist.")]
    public async Task A_certificate_that_does_not_open_the_session_is_refused_like_any_key(string what, string reason, string logged)
    {
        string id = what == "no session" ? "nobody" : AddSession();
        Certificate good = new(_key.PublicKey, _ca) { Principals = [id], KeyId = "alice\n" };
        using var otherCa = Ed25519PrivateKey.Generate();
        byte[] blob = (what switch
        {
            "expired" => good with { ValidBefore = 1_000_000 },
            "not yet valid" => good with { ValidAfter = ulong.MaxValue - 1, ValidBefore = ulong.MaxValue },
            "no principals" => good with { Principals = [] },
            "another id" => good with { Principals = ["abc13"] },
            "unknown critical option" => good with { CriticalOptions = [("unheard-of", null)] },
            "another source-address" => good with { CriticalOptions = [("source-address", "192.0.2.1")] },
            "another CA" => good with { Ca = otherCa },
            "host certificate" => good with { Type = CertificateType.Host },
            // Signed by somebody who knows the CA's public key.
            "forged" => good with { Ca = otherCa, SignatureKey = _ca.PublicKey.Blob.ToArray() },
            _ => good,
        }).ToBlob();
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await AssertRefusedAsync(client, AuthMessages.Query(id, NameOf(_key), blob));
        await AssertRefusedAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), id, NameOf(_key), blob, Sign(_key)));
        client.Abort();
        (ConnectionEnd end, _, string? detail) = await gateway.NextEndAsync();
        Assert.Equal(ConnectionEnd.AuthenticationFailed, end);
        Assert.Contains(logged, detail, StringComparison.Ordinal);
        Assert.Contains($"Refused 1 key: {NameOf(_key)} {_key.PublicKey.Fingerprint} ({reason}). ", detail, StringComparison.Ordinal);
        // Nobody vouches for what a forged one says.
        Assert.Equal(what is not ("forged" or "no session"), detail!.Contains($"The certificate \"alice \", serial 42, of the CA ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_is_worth_nothing_without_its_key()
    {
        string id = AddSession();
        using var thief = Ed25519PrivateKey.Generate();
        byte[] blob = new Certificate(_key.PublicKey, _ca) { Principals = [id] }.ToBlob();
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        byte[] sessionId = client.SshSessionId.ToArray();
        await AssertRefusedAsync(client, AuthMessages.Signed(sessionId, id, NameOf(_key), blob, Sign(thief)));
        // The CA's signature as the login's, the key without its certificate, and a certificate under the plain name.
        await AssertRefusedAsync(client, AuthMessages.Signed(sessionId, id, NameOf(_key), blob, Sign(_ca)));
        await AssertRefusedAsync(client, AuthMessages.Signed(client, id, _key));
        await AssertRefusedAsync(client, AuthMessages.Signed(sessionId, id, "ssh-ed25519", blob, Sign(_key)));
        await AssertRefusedAsync(client, AuthMessages.Signed(sessionId, id, NameOf(_key), _key.PublicKey.Blob.ToArray(), Sign(_key)));
        client.Abort();
        await gateway.NextEndAsync();
    }

    [Theory]
    [InlineData(SshKeyTypes.SecurityKeyEd25519)]
    [InlineData(SshKeyTypes.SecurityKeyEcdsaP256)]
    public async Task A_certified_security_key_vouches_for_what_the_certificate_demands(string type)
    {
        string id = AddSession();
        using var key = new SecurityKey(type);
        Certificate plain = new(key.PublicKey, _ca) { Principals = [id] };
        foreach ((Certificate certificate, SecurityKeyFlags flags, bool admitted) in new[]
        {
            (plain, SecurityKeyFlags.UserPresent, true),
            (plain, SecurityKeyFlags.None, false),
            (plain with { Extensions = ["no-touch-required"] }, SecurityKeyFlags.None, true),
            (plain with { CriticalOptions = [("verify-required", null)] }, SecurityKeyFlags.UserPresent, false),
            (plain with { CriticalOptions = [("verify-required", null)] }, SecurityKeyFlags.UserPresent | SecurityKeyFlags.UserVerified, true),
        })
        {
            await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
            await SendAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), id, certificate.TypeName, certificate.ToBlob(), data => key.Sign(data, flags)));
            byte expected = admitted ? MessageNumber.UserAuthSuccess : MessageNumber.UserAuthFailure;
            Assert.Equal(expected, (await client.ReceiveAsync().Limited()).Number);
            client.Abort();
            await gateway.NextEndAsync();
        }
    }

    [Fact]
    public async Task A_CA_that_is_removed_while_the_pod_is_dialled_lets_nobody_in()
    {
        var reached = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        using var pod = new PodPeer(manners: async (self, socket, _) =>
        {
            reached.TrySetResult();
            await goOn.Task;
            await self.ServeAsync(socket);
        });
        const string Id = "ca-removed";
        gateway.Table.Upsert(Sessions.Entry(Id, podUid: Id, endpoint: pod.EndPoint, keys: [gateway.Key.PublicKey], userCAs: [_ca.PublicKey]));
        byte[] blob = new Certificate(_key.PublicKey, _ca) { Principals = [Id] }.ToBlob();
        await using SshClientTransport client = await gateway.ConnectForAuthenticationAsync();
        await SendAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), Id, NameOf(_key), blob, Sign(_key)));
        await reached.Task.Limited();
        gateway.Table.Upsert(Sessions.Entry(Id, podUid: Id, endpoint: pod.EndPoint, keys: [gateway.Key.PublicKey]));
        goOn.SetResult();
        Assert.Equal(MessageNumber.UserAuthBanner, (await client.ReceiveAsync().Limited()).Number);
        await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        client.Abort();
        Assert.Equal(ConnectionEnd.SessionChanged, (await gateway.NextEndAsync()).End);
    }

    private string AddSession()
    {
        const string Id = "certified";
        gateway.Table.Upsert(Sessions.Entry(Id, endpoint: gateway.Pod.EndPoint, keys: [gateway.Key.PublicKey], userCAs: [_ca.PublicKey]));
        return Id;
    }

    private static string NameOf(SshPrivateKey key) => PublicKeyAlgorithm.CertificateName(key.PublicKey.Type);

    private static Func<byte[], byte[]> Sign(SshPrivateKey key) => data => key.Sign(data);

    private static async Task SendAsync(SshTransport client, byte[] message) => await client.Output.SendAsync(message).Limited();

    private static async Task AssertRefusedAsync(SshTransport client, byte[] request)
    {
        await SendAsync(client, request);
        Assert.Equal(Refusal, (await client.ReceiveAsync().Limited()).Payload.ToArray());
    }
}
