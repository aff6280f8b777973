using System.Net;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Table;

/// <summary>Every field comes out of the packed entry as it went in, at its bounds.</summary>
public sealed class SessionEntryTests
{
    private static readonly SshPublicKey Ed25519 = Ed25519PrivateKey.Generate().PublicKey;
    private static readonly SshPublicKey Rsa = PrivateKeys.Generate(SshKeyTypes.Rsa).PublicKey;
    private static readonly SshPublicKey Ecdsa = PrivateKeys.Generate(SshKeyTypes.EcdsaP256).PublicKey;

    private static readonly SessionDetails Plain = new()
    {
        SessionId = "abc12",
        State = EndpointState.Ready,
        Access = Access.Enabled,
        PodName = "claude-abc12",
        PodUid = "5f1c0c5e-8a43-4b4e-9d0a-0d7a5a1f6b11",
        Endpoint = new IPEndPoint(IPAddress.Parse("10.1.2.3"), 2222),
        TargetUser = "claude",
        AuthorizedKeys = [Ed25519.Blob],
        HostKeys = [],
        ExpiresAt = 0,
        MaxConnections = 20,
        IdleTimeout = TimeSpan.Zero,
        Reason = "",
    };

    public static TheoryData<string> Variants =>
    [
        "plain", "no pod", "IPv6", "a pod without a UUID", "a UUID in capitals", "an empty uid", "the longest strings", "every bound", "disabled",
        "passthrough", "no keys", "16 keys", "host keys alone", "both kinds of keys",
        "user CAs alone", "host CAs alone", "CAs and an owner", "the longest owner", "a host key's hash",
        "principals", "revoked keys alone", "a forgotten host key", "the most of both",
    ];

    [Theory]
    [MemberData(nameof(Variants))]
    public void What_goes_in_comes_out(string variant)
    {
        SessionDetails details = variant switch
        {
            "no pod" => Plain with { State = EndpointState.None, PodName = "", PodUid = "", Endpoint = null, Reason = "WaitingForPod" },
            "IPv6" => Plain with { Endpoint = new IPEndPoint(IPAddress.Parse("2001:db8::1:2"), 65535) },
            "a pod without a UUID" => Plain with { PodUid = "0123456789abcdef0123456789abcdef" },
            "a UUID in capitals" => Plain with { PodUid = "5F1C0C5E-8A43-4B4E-9D0A-0D7A5A1F6B11" },
            "an empty uid" => Plain with { PodUid = "" },
            "the longest strings" => Plain with
            {
                SessionId = new string('a', 40),
                PodName = new string('p', 253),
                PodUid = new string('u', 64),
                TargetUser = new string('t', 32),
                Reason = new string('R', 64),
            },
            "passthrough" => Plain with { Passthrough = true },
            "every bound" => Plain with { ExpiresAt = DateTimeOffset.MaxValue.ToUnixTimeSeconds(), MaxConnections = 1000, IdleTimeout = TimeSpan.FromSeconds(uint.MaxValue) },
            "disabled" => Plain with { State = EndpointState.Draining, Access = Access.Disabled, Reason = "AccessDisabled" },
            "no keys" => Plain with { AuthorizedKeys = [] },
            "16 keys" => Plain with { AuthorizedKeys = [.. Enumerable.Range(0, 16).Select(i => (i % 3) switch { 0 => Ed25519.Blob, 1 => Rsa.Blob, _ => Ecdsa.Blob })] },
            "host keys alone" => Plain with { AuthorizedKeys = [], HostKeys = [Ecdsa.Blob] },
            "both kinds of keys" => Plain with { AuthorizedKeys = [Rsa.Blob, Ed25519.Blob], HostKeys = [Ed25519.Blob, Ecdsa.Blob] },
            "user CAs alone" => Plain with { TrustedUserCAKeys = [Rsa.Blob, Ecdsa.Blob] },
            "host CAs alone" => Plain with { AuthorizedKeys = [], HostCAKeys = [Ed25519.Blob] },
            "CAs and an owner" => Plain with { HostKeys = [Rsa.Blob], TrustedUserCAKeys = [Ecdsa.Blob], HostCAKeys = [Rsa.Blob, Ed25519.Blob], OwnerUser = "jürgen" },
            "the longest owner" => Plain with { TrustedUserCAKeys = [Ecdsa.Blob], OwnerUser = new string('ü', 256) },
            "a host key's hash" => Plain with { HostKeySha256 = SHA256.HashData(Rsa.Blob.Span) },
            "principals" => Plain with { TrustedUserCAKeys = [Ecdsa.Blob], AuthorizedPrincipals = [Encoding.UTF8.GetBytes("a,b"), Encoding.UTF8.GetBytes("jürgen")] },
            "revoked keys alone" => Plain with { RevokedKeys = [SHA256.HashData(Rsa.Blob.Span)] },
            "a forgotten host key" => Plain with { ForgottenHostKeySha256 = SHA256.HashData(Ed25519.Blob.Span) },
            "the most of both" => Plain with
            {
                TrustedUserCAKeys = [Ecdsa.Blob],
                AuthorizedPrincipals = [.. Enumerable.Range(0, 16).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(new string((char)('a' + i), 1024)))],
                RevokedKeys = [.. Enumerable.Range(0, 31).Select(i => (ReadOnlyMemory<byte>)SHA256.HashData([(byte)i])), SHA256.HashData(Ed25519.Blob.Span)],
                OwnerUser = "alice",
            },
            _ => Plain,
        };

        var entry = new SessionEntry(details);

        Assert.Equal((details.SessionId, details.State, details.Access), (entry.SessionId, entry.State, entry.Access));
        Assert.Equal((details.PodName, details.PodUid, details.Endpoint), (entry.PodName, entry.PodUid, entry.Endpoint));
        Assert.Equal((details.TargetUser, details.Reason), (entry.TargetUser, entry.Reason));
        Assert.Equal((details.ExpiresAt, details.MaxConnections, details.IdleTimeout), (entry.ExpiresAt, entry.MaxConnections, entry.IdleTimeout));
        Assert.Equal(details.HostKeySha256.ToArray(), entry.HostKeySha256.ToArray());
        Assert.Equal(!details.ForgottenHostKeySha256.IsEmpty, entry.ForgetsHostKey(SHA256.HashData(Ed25519.Blob.Span)));
        Assert.False(entry.ForgetsHostKey(SHA256.HashData(Rsa.Blob.Span)));
        Assert.Equal(details.HostKeys.Select(k => k.ToArray()), entry.HostKeys.Select(k => k.ToArray()));
        Assert.Equal(details.HostCAKeys.Select(k => k.ToArray()), entry.HostCAKeys.Select(k => k.ToArray()));
        Assert.Equal(details.OwnerUser, Encoding.UTF8.GetString(entry.OwnerUser));
        Assert.Equal(details.AuthorizedPrincipals.Select(p => p.ToArray()), entry.AuthorizedPrincipals.Select(p => p.ToArray()));
        Assert.Equal(details.RevokedKeys.Count > 0, entry.HasRevokedKeys);
        foreach (SshPublicKey key in new[] { Ed25519, Rsa, Ecdsa })
        {
            byte[] hash = SHA256.HashData(key.Blob.Span);
            Assert.Equal(details.RevokedKeys.Any(k => k.Span.SequenceEqual(hash)), entry.Revokes(hash));
            Assert.Equal(details.TrustedUserCAKeys.Any(k => k.Span.SequenceEqual(key.Blob.Span)), entry.TrustsUserCA(key.Blob.Span));
            Assert.Equal(details.AuthorizedKeys.Any(k => k.Span.SequenceEqual(key.Blob.Span)), entry.Authorizes(key.Blob.Span));
        }
    }

    [Fact]
    public void A_part_of_a_key_or_more_than_it_is_not_the_key()
    {
        var entry = new SessionEntry(Plain);
        byte[] key = Ed25519.Blob.ToArray();
        Assert.False(entry.Authorizes(key.AsSpan(0, 50)));
        Assert.False(entry.Authorizes([.. key, 0]));
        Assert.False(entry.Authorizes([]));
    }

    [Fact]
    public void A_look_up_allocates_nothing_and_an_update_keeps_one_id()
    {
        var table = new SessionTable();
        table.Upsert(new SessionEntry(Plain));
        string first = table.TryGet("abc12", out SessionEntry? entry) ? entry.SessionId : "";
        table.Upsert(new SessionEntry(Plain with { SessionId = new string("abc12".AsSpan()), PodName = "another" }));

        Assert.Equal(0, Allocations.Of(() => Assert.True(table.TryGet("abc12", out entry) && entry.Authorizes(Ed25519.Blob.Span))));
        Assert.Equal("another", entry!.PodName);
        Assert.Same(first, entry.SessionId);
    }
}
