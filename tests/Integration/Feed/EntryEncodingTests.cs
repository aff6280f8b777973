using System.Net;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Feed;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Table;
using SshGateway.Operator.TarsApi;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>What leaves the operator keeps the feed's bounds, or lets nobody in.</summary>
public sealed class EntryEncodingTests
{
    private static readonly SshPublicKey Key = SshPublicKey.ParseLine(Samples.Key);

    private static readonly RoutedSession Good = new()
    {
        SessionId = "abc12",
        Namespace = "ns",
        State = EndpointState.Ready,
        Access = Access.Enabled,
        Reason = ReadyReasons.EndpointReady,
        Binding = BindingReasons.Bound,
        PodName = "pod",
        PodUid = "uid",
        Address = IPAddress.Parse("10.0.0.1"),
        Port = 2222,
        TargetUser = "claude",
        AuthorizedKeys = [Key],
        HostKeys = [],
        ExpiresAt = null,
        Problems = [],
    };

    private static readonly (string Field, RoutedSession Session)[] Bad =
    [
        ("pod_name", Good with { PodName = new string('p', 254) }),
        ("pod_uid", Good with { PodUid = "" }),
        ("pod_ip", Good with { Address = null }),
        ("port", Good with { Port = 65536 }),
        ("target_user", Good with { TargetUser = "-oProxyCommand=x" }),
        ("authorized_keys", Good with { AuthorizedKeys = [.. Enumerable.Repeat(Key, 17)] }),
        ("host_keys", Good with { HostKeys = [.. Enumerable.Repeat(Key, 9)] }),
        ("max_connections", Good with { MaxConnections = 1001 }),
        ("revoked_key_sha256", Good with { RevokedKeys = [.. Enumerable.Repeat(new byte[32], 33)] }),
        ("authorized_principals", Good with { AuthorizedPrincipals = [new string('p', 1025)] }),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Bad.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void What_breaks_the_contract_is_said_and_a_proxy_takes_the_entry_that_lets_nobody_in(int number)
    {
        (string field, RoutedSession session) = Bad[number];

        TableEntry encoded = EntryEncoding.Encode(session, null, out string? problem);

        Assert.Contains(field, problem, StringComparison.Ordinal);
        Entry entry = Entry.Parser.ParseFrom(encoded.Wire.Span);
        Assert.True(EntryDecoding.TryDecode(entry, out SessionEntry? decoded, out string? objection), objection);
        Assert.Equal((EndpointState.None, Access.Draining, "InvalidSpec", ""), (decoded.State, decoded.Access, decoded.Reason, encoded.PodUid));
        Assert.False(decoded.Authorizes(Key.Blob.Span));
    }

    // What was sent before the field came into being is sent as it was.
    [Fact]
    public void Whether_a_login_asks_for_the_pod_arrives_at_the_proxies()
    {
        Entry byDefault = Entry.Parser.ParseFrom(EntryEncoding.Encode(Good, null, out _).Wire.Span);
        Entry never = Entry.Parser.ParseFrom(EntryEncoding.Encode(Good with { Wake = Wake.Never }, null, out _).Wire.Span);

        Assert.Equal((true, false), (new SessionEntry(byDefault).WakesOnLogin, new SessionEntry(never).WakesOnLogin));
        Assert.Equal(byDefault.CalculateSize() + 3, never.CalculateSize());
        byDefault.Wake = (Wake)2;
        Assert.Contains("wake 2", EntryRules.FindProblem(byDefault), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 0, 0, "None")]
    [InlineData(true, 7, 600, "None")]
    [InlineData(false, 7, 0, "Terminal")]
    [InlineData(false, 0, 600, "All")]
    public void What_a_session_allows_arrives_at_the_proxies(bool passthrough, int maxConnections, int idleSeconds, string recording)
    {
        RoutedSession session = Good with { Recording = Enum.Parse<RecordingMode>(recording), Passthrough = passthrough, MaxConnections = maxConnections, IdleTimeout = TimeSpan.FromSeconds(idleSeconds) };

        Entry entry = Entry.Parser.ParseFrom(EntryEncoding.Encode(session, null, out string? problem).Wire.Span);

        Assert.Null(problem);
        Assert.True(EntryDecoding.TryDecode(entry, out SessionEntry? decoded, out string? objection), objection);
        Assert.Equal((passthrough, maxConnections, TimeSpan.FromSeconds(idleSeconds)), (decoded.Passthrough, decoded.MaxConnections, decoded.IdleTimeout));
        Assert.Equal(recording, decoded.Recording.ToString());
    }

    [Fact]
    public void Revoked_keys_and_principals_arrive_at_the_proxies()
    {
        byte[] hash = SHA256.HashData(Key.Blob.Span);
        RoutedSession session = Good with { RevokedKeys = [hash], TrustedUserCAKeys = [Key], AuthorizedPrincipals = ["ops", "a,b"] };

        Entry entry = Entry.Parser.ParseFrom(EntryEncoding.Encode(session, null, out string? problem).Wire.Span);

        Assert.Null(problem);
        Assert.True(EntryDecoding.TryDecode(entry, out SessionEntry? decoded, out string? objection), objection);
        Assert.Equal(["ops", "a,b"], decoded.AuthorizedPrincipals.Select(principal => Encoding.UTF8.GetString(principal.Span)));
        Assert.True(decoded.Revokes(hash));
        Assert.False(decoded.Revokes(new byte[32]));
        // TARS' own way in has no list of revoked keys.
        Assert.Empty(KeysAnswer.From(entry).SshPublicKeys);
        entry.RevokedKeySha256.Clear();
        Assert.Single(KeysAnswer.From(entry).SshPublicKeys);
    }

    [Fact]
    public void A_recovered_fingerprint_is_sent_until_the_key_itself_is_known_and_not_where_keys_are_pinned()
    {
        var recovered = new HostKeyRecord(null, null, Key.Fingerprint);

        Assert.Equal((0, 32), Sent(Good, recovered));
        Assert.Equal((1, 0), Sent(Good, recovered with { Key = Key }));
        Assert.Equal((1, 0), Sent(Good with { HostKeys = [Key] }, recovered));
        Assert.Equal((0, 0), Sent(Good, new HostKeyRecord(null, Key.Fingerprint)));
    }

    [Fact]
    public void A_forgotten_key_is_sent_where_the_session_does_not_say_which_keys_are_good()
    {
        RoutedSession session = Good with { ForgottenHostKey = Key.Fingerprint };

        Entry entry = Entry.Parser.ParseFrom(EntryEncoding.Encode(session, null, out string? problem).Wire.Span);
        Assert.Null(problem);
        Assert.True(EntryDecoding.TryDecode(entry, out SessionEntry? decoded, out string? objection), objection);
        Assert.True(decoded.ForgetsHostKey(SHA256.HashData(Key.Blob.Span)));
        Assert.False(decoded.ForgetsHostKey(new byte[32]));

        Entry pinned = Entry.Parser.ParseFrom(EntryEncoding.Encode(session with { HostKeys = [Key] }, null, out _).Wire.Span);
        Assert.True(pinned.ForgottenHostKeySha256.IsEmpty);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SHA256:")]
    [InlineData("MD5:00")]
    [InlineData("SHA256:AAAA")]
    [InlineData("SHA256:!!!!")]
    public void What_is_no_fingerprint_is_none(string text) => Assert.Null(SshPublicKey.ParseFingerprint(text));

    private static (int Keys, int Hash) Sent(RoutedSession session, HostKeyRecord opinion)
    {
        Entry entry = Entry.Parser.ParseFrom(EntryEncoding.Encode(session, opinion, out string? problem).Wire.Span);
        Assert.Null(problem);
        return (entry.HostKeys.Count, entry.HostKeySha256.Length);
    }
}
