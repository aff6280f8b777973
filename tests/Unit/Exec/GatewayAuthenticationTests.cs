using System.Text;
using SshGateway.Exec.Authentication;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.Exec;

/// <summary>Logins at the exec relay, over a real connection.</summary>
public sealed class GatewayAuthenticationTests : IDisposable
{
    private const string Id = "abc12";

    private static readonly byte[] Refusal = SshWriter.Message(MessageNumber.UserAuthFailure).WriteString("publickey").WriteBoolean(false).ToArray();

    private readonly SshPrivateKey _ca = Ed25519PrivateKey.Generate();
    private readonly SshPrivateKey _otherCa = Ed25519PrivateKey.Generate();
    private readonly SshPrivateKey _key = Ed25519PrivateKey.Generate();
    private readonly ExecSessionTable _table = new();
    private readonly LogRecorder<GatewayAuthentication> _log = new();

    public GatewayAuthenticationTests() => _table.Upsert(new ExecSession(Id, "agents", "pod-1", "uid-1", "agent"));

    public void Dispose()
    {
        _ca.Dispose();
        _otherCa.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData(SshKeyTypes.Ed25519)]
    [InlineData(SshKeyTypes.EcdsaP256)]
    public async Task A_certificate_of_the_gateway_logs_in(string keyType)
    {
        using SshPrivateKey key = PrivateKeys.Generate(keyType);
        byte[] blob = new Certificate(key.PublicKey, _ca) { Principals = [Id], KeyId = "session=abc12 client=SHA256:x", CriticalOptions = [("force-command", "uptime")] }.ToBlob();
        await using LegPair legs = await LegPair.ConnectAsync();
        Task<ExecLogin?> login = await StartAsync(legs);
        await legs.Client.Output.SendAsync(AuthMessages.Query(Id, NameOf(key), blob));
        Assert.Equal(MessageNumber.UserAuthPublicKeyOk, (await legs.Client.ReceiveAsync().Limited()).Number);
        await legs.Client.Output.SendAsync(AuthMessages.Signed(legs.Client.SshSessionId.ToArray(), Id, NameOf(key), blob, data => key.Sign(data)));
        ExecLogin? result = await login.Limited();
        Assert.Equal("session=abc12 client=SHA256:x", result!.KeyId);
        Assert.Equal("uptime", result.ForceCommand);
        Assert.True(result.MayHaveTerminal);
        Assert.True(result.MayForwardPorts);
        Assert.Equal("uid-1", result.Session.PodUid);
    }

    public static TheoryData<string, string> Problems => new()
    {
        { "no session", "no such session" },
        { "another session's", "session id as a principal" },
        { "no principals", "session id as a principal" },
        { "expired", "has expired" },
        { "not yet valid", "is not valid yet" },
        { "another CA", "Exec:UserCa does not name" },
        { "forged", "not signed by the CA" },
        { "host certificate", "no user certificate" },
        { "source-address", "critical option source-address" },
        { "unknown option", "critical option x@example.com" },
        { "empty force-command", "no command" },
        { "plain key", "only certificates" },
    };

    // To the question and to the signature the same bytes as for a session that does not exist.
    [Theory]
    [MemberData(nameof(Problems))]
    public async Task Nothing_else_logs_in(string what, string logged)
    {
        Certificate good = new(_key.PublicKey, _ca) { Principals = [Id] };
        Certificate certificate = what switch
        {
            "another session's" => good with { Principals = ["other", Id + "x", Id[..4]] },
            "no principals" => good with { Principals = [] },
            "expired" => good with { ValidBefore = 1 },
            "not yet valid" => good with { ValidAfter = ulong.MaxValue - 1 },
            "another CA" => good with { Ca = _otherCa },
            "forged" => good with { Ca = _otherCa, SignatureKey = _ca.PublicKey.Blob.ToArray() },
            "host certificate" => good with { Type = CertificateType.Host },
            "source-address" => good with { CriticalOptions = [("source-address", "127.0.0.1/32")] },
            "unknown option" => good with { CriticalOptions = [("x@example.com", null)] },
            "empty force-command" => good with { CriticalOptions = [("force-command", "")] },
            "no session" => good with { Principals = ["nobody"] },
            _ => good,
        };
        string user = what == "no session" ? "nobody" : Id;
        byte[] blob = what == "plain key" ? _key.PublicKey.Blob.ToArray() : certificate.ToBlob();
        string algorithm = what == "plain key" ? _key.PreferredAlgorithm.Name : NameOf(_key);
        await using LegPair legs = await LegPair.ConnectAsync();
        Task<ExecLogin?> login = await StartAsync(legs);
        await legs.Client.Output.SendAsync(AuthMessages.Query(user, algorithm, blob));
        Assert.Equal(Refusal, (await legs.Client.ReceiveAsync().Limited()).Payload.ToArray());
        await legs.Client.Output.SendAsync(AuthMessages.Signed(legs.Client.SshSessionId.ToArray(), user, algorithm, blob, data => _key.Sign(data)));
        Assert.Equal(Refusal, (await legs.Client.ReceiveAsync().Limited()).Payload.ToArray());
        Assert.False(login.IsCompleted);
        Assert.Contains(logged, _log.Lines[0].Text, StringComparison.Ordinal);
        legs.Client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => login.Limited());
    }

    [Fact]
    public async Task Another_keys_signature_does_not_log_in()
    {
        byte[] blob = new Certificate(_key.PublicKey, _ca) { Principals = [Id] }.ToBlob();
        await using LegPair legs = await LegPair.ConnectAsync();
        Task<ExecLogin?> login = await StartAsync(legs);
        await legs.Client.Output.SendAsync(AuthMessages.Signed(legs.Client.SshSessionId.ToArray(), Id, NameOf(_key), blob, data => _otherCa.Sign(data)));
        Assert.Equal(Refusal, (await legs.Client.ReceiveAsync().Limited()).Payload.ToArray());
        // Of another connection.
        await legs.Client.Output.SendAsync(AuthMessages.Signed(new byte[32], Id, NameOf(_key), blob, data => _key.Sign(data)));
        Assert.Equal(Refusal, (await legs.Client.ReceiveAsync().Limited()).Payload.ToArray());
        Assert.False(login.IsCompleted);
        legs.Client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => login.Limited());
    }

    // Whoever has the certificate may know why.
    [Fact]
    public async Task A_session_that_accepts_no_logins_says_why()
    {
        _table.Upsert(new ExecSession(Id, "agents", "pod-1", "uid-1", "agent") { Refusal = "The pod of session abc12 is being deleted." });
        byte[] blob = new Certificate(_key.PublicKey, _ca) { Principals = [Id] }.ToBlob();
        await using LegPair legs = await LegPair.ConnectAsync();
        Task<ExecLogin?> login = await StartAsync(legs);
        await legs.Client.Output.SendAsync(AuthMessages.Signed(legs.Client.SshSessionId.ToArray(), Id, NameOf(_key), blob, data => _key.Sign(data)));
        InboundPacket banner = await legs.Client.ReceiveAsync().Limited();
        Assert.Equal(MessageNumber.UserAuthBanner, banner.Number);
        Assert.Equal("The pod of session abc12 is being deleted.\r\n", Encoding.UTF8.GetString(new SshReader(banner.Payload[1..]).ReadString()));
        Assert.Equal(Refusal, (await legs.Client.ReceiveAsync().Limited()).Payload.ToArray());
        Assert.False(login.IsCompleted);
        legs.Client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => login.Limited());
    }

    [Fact]
    public async Task After_six_failures_it_is_over()
    {
        byte[] blob = new Certificate(_key.PublicKey, _otherCa) { Principals = [Id] }.ToBlob();
        await using LegPair legs = await LegPair.ConnectAsync();
        Task<ExecLogin?> login = await StartAsync(legs);
        for (int failure = 1; failure <= 7; failure++)
        {
            await legs.Client.Output.SendAsync(AuthMessages.Signed(legs.Client.SshSessionId.ToArray(), Id, NameOf(_key), blob, data => _key.Sign(data)));
        }
        Assert.Null(await login.Limited());
    }

    private static string NameOf(SshPrivateKey key) => PublicKeyAlgorithm.CertificateName(key.PublicKey.Type);

    private async Task<Task<ExecLogin?>> StartAsync(LegPair legs)
    {
        await Task.WhenAll(legs.Client.HandshakeAsync(), legs.Server.HandshakeAsync()).Limited();
        var authentication = new GatewayAuthentication(legs.Server, "test", _table, () => [_ca.PublicKey], TimeProvider.System, _log);
        Task<ExecLogin?> login = authentication.RunAsync();
        Assert.Equal(MessageNumber.ServiceAccept, (await legs.Client.ReceiveAsync().Limited()).Number);
        return login;
    }
}
