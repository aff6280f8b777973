using System.Text.Json;
using SshGateway.Feed;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.Accounting;

/// <summary>What those who run the gateway learn of a login that was refused.</summary>
public sealed class RefusedLoginTests : IAsyncLifetime, IDisposable
{
    private const string Id = GatewayRig.SessionId;

    private readonly TemporaryDirectory _directory = new();
    private readonly GatewayRig _gateway;
    private readonly SshPrivateKey _stranger = Ed25519PrivateKey.Generate();

    public RefusedLoginTests() => _gateway = new GatewayRig(new ProxyOptions { AuditLog = _directory.File("audit.json") }, new PodLoginLimits());

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose()
    {
        _gateway.Dispose();
        _stranger.Dispose();
        _directory.Dispose();
    }

    public static TheoryData<string, bool> OfKeys => new()
    {
        { nameof(KeyRefusal.UnknownSession), false },
        { nameof(KeyRefusal.NotAuthorized), true },
        { nameof(KeyRefusal.Revoked), true },
        { nameof(KeyRefusal.UnsupportedAlgorithm), true },
        { nameof(KeyRefusal.MalformedKey), true },
        { nameof(KeyRefusal.InvalidSignature), true },
        { nameof(KeyRefusal.OtherHostKey), true },
    };

    // Those of certificates: UserCertificateLoginTests.
    [Theory]
    [MemberData(nameof(OfKeys))]
    public async Task The_log_and_the_audit_log_say_why_the_key_was_refused(string reason, bool isKnown)
    {
        string session = isKnown ? Id : "nobody";
        if (reason == nameof(KeyRefusal.Revoked))
        {
            _gateway.RevokedKeys.List = RevocationList.Parse(System.Text.Encoding.ASCII.GetBytes($"{_gateway.Key.PublicKey}\n"));
        }
        SshPrivateKey key = reason is nameof(KeyRefusal.NotAuthorized) or nameof(KeyRefusal.UnknownSession) ? _stranger : _gateway.Key;
        byte[] blob = reason == nameof(KeyRefusal.MalformedKey) ? [1, 2, 3] : key.PublicKey.Blob.ToArray();
        string algorithm = reason == nameof(KeyRefusal.UnsupportedAlgorithm) ? "ssh-dss" : "ssh-ed25519";
        byte[]? hostKey = reason == nameof(KeyRefusal.OtherHostKey) ? _stranger.PublicKey.Blob.ToArray() : null;
        SshPrivateKey signer = reason == nameof(KeyRefusal.InvalidSignature) ? _stranger : key;
        await using (SshClientTransport client = await _gateway.ConnectForAuthenticationAsync())
        {
            await AssertRefusedAsync(client, AuthMessages.Signed(client.SshSessionId.ToArray(), session, algorithm, blob, data => signer.Sign(data), hostKey));
            client.Abort();
        }
        (ConnectionEnd end, _, string? detail) = await _gateway.Ends.NextAsync();

        string fingerprint = SshPublicKey.FingerprintOf(blob);
        Assert.Equal(ConnectionEnd.AuthenticationFailed, end);
        Assert.Contains($"{(isKnown ? "The session exists." : "There is no such session.")} Refused 1 key: {algorithm} {fingerprint} ({reason}). The last one ", detail, StringComparison.Ordinal);
        JsonElement line = await AuditedAsync();
        Assert.Equal(isKnown, line.GetProperty("sessionKnown").GetBoolean());
        JsonElement refused = Assert.Single(line.GetProperty("refusedKeys").EnumerateArray().ToArray());
        Assert.Equal((algorithm, fingerprint, reason), (Text(refused, "type"), Text(refused, "fingerprint"), Text(refused, "reason")));
    }

    [Fact]
    public async Task Of_many_keys_the_first_are_named_each_once_and_the_others_counted()
    {
        List<string> offered = [];
        await using (SshClientTransport client = await _gateway.ConnectForAuthenticationAsync())
        {
            for (int i = 0; i < 20; i++)
            {
                using SshPrivateKey key = Ed25519PrivateKey.Generate();
                offered.Add(key.PublicKey.Fingerprint);
                await AssertRefusedAsync(client, AuthMessages.Query(Id, key));
                await AssertRefusedAsync(client, AuthMessages.Query(Id, key));
            }
            client.Abort();
        }
        string detail = (await _gateway.Ends.NextAsync()).Detail!;

        Assert.All(offered.Take(RefusedKeys.MaxNamed), fingerprint => Assert.Equal(2, detail.Split(fingerprint).Length));
        Assert.All(offered.Skip(RefusedKeys.MaxNamed), fingerprint => Assert.DoesNotContain(fingerprint, detail, StringComparison.Ordinal));
        Assert.Contains("Refused 8 keys: ", detail, StringComparison.Ordinal);
        Assert.Contains(", and 24 more offers. The last one is none of the session's keys.", detail, StringComparison.Ordinal);
        JsonElement line = await AuditedAsync();
        Assert.Equal((RefusedKeys.MaxNamed, 24), (line.GetProperty("refusedKeys").GetArrayLength(), line.GetProperty("moreRefusedKeys").GetInt32()));
    }

    // Their number is an attacker's choice, and their lines are long.
    [Fact]
    public async Task Logins_that_fail_again_and_again_are_one_line_and_then_one_for_all_of_a_minute()
    {
        _gateway.Table.Upsert(Sessions.Entry("other", endpoint: _gateway.Pod.EndPoint, keys: [_gateway.Key.PublicKey]));
        for (int i = 0; i < 30; i++)
        {
            string[] sessions = [Id, "other", $"unknown-{i}"];
            await using SshClientTransport client = await _gateway.ConnectForAuthenticationAsync();
            await AssertRefusedAsync(client, AuthMessages.Query(sessions[i % 3], _stranger));
            client.Abort();
            await Eventually.TrueAsync(() => _gateway.Connections == 0, "the connection does not end");
        }
        await _gateway.StopAsync();

        string[] logged = [.. _gateway.Ends.Lines.Where(line => line.Contains("AuthenticationFailed", StringComparison.Ordinal))];
        Assert.Equal(6, logged.Length);
        Assert.Equal(3, logged.Count(line => line.Contains("(one of 9 from this source since the last such line)", StringComparison.Ordinal)));
        JsonElement[] lines = [.. Lines().Skip(3)];
        Assert.Equal([9, 9, 9], lines.Select(line => line.GetProperty("count").GetInt32()));
        Assert.Equal(2, lines.Count(line => line.GetProperty("sessionKnown").GetBoolean()));
    }

    [Fact]
    public async Task A_client_whose_last_key_is_good_was_not_refused()
    {
        await using (SshClientTransport client = await _gateway.ConnectForAuthenticationAsync())
        {
            await AssertRefusedAsync(client, AuthMessages.Query(Id, _stranger));
            await client.Output.SendAsync(AuthMessages.Query(Id, _gateway.Key)).Limited();
            Assert.Equal(MessageNumber.UserAuthPublicKeyOk, (await client.ReceiveAsync().Limited()).Number);
            client.Abort();
        }
        Assert.Equal(ConnectionEnd.ClientLeftEarly, (await _gateway.Ends.NextAsync()).End);
    }

    [Fact]
    public void Every_reason_has_words() => Assert.All(Enum.GetNames<KeyRefusal>(), reason => Assert.Contains(' ', KeyRefusals.Describe(reason)));

    [Theory]
    [InlineData("OfANewerProxy")]
    [InlineData("99")]
    public void A_reason_of_a_newer_proxy_is_its_own_word(string reason) => Assert.Equal(reason, KeyRefusals.Describe(reason));

    private static async Task AssertRefusedAsync(SshTransport client, byte[] request)
    {
        await client.Output.SendAsync(request).Limited();
        Assert.Equal(MessageNumber.UserAuthFailure, (await client.ReceiveAsync().Limited()).Number);
    }

    private async Task<JsonElement> AuditedAsync()
    {
        await Eventually.TrueAsync(() => File.ReadAllText(_directory.File("audit.json")).EndsWith('\n'), "the end is not written");
        return Assert.Single(Lines());
    }

    private JsonElement[] Lines() => [.. File.ReadAllLines(_directory.File("audit.json")).Select(line => JsonElement.Parse(line))];

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();
}
