using System.Net;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
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

    private static Entry Plain => new()
    {
        SessionId = "abc12",
        State = EndpointState.Ready,
        Access = Access.Enabled,
        PodName = "claude-abc12",
        PodUid = "5f1c0c5e-8a43-4b4e-9d0a-0d7a5a1f6b11",
        PodIp = Bytes(IPAddress.Parse("10.1.2.3").GetAddressBytes()),
        Port = 2222,
        TargetUser = "claude",
        AuthorizedKeys = { Blob(Ed25519) },
        MaxConnections = 20,
    };

    public static TheoryData<string> Variants =>
    [
        "plain", "no pod", "IPv6", "a pod without a UUID", "a UUID in capitals", "an empty uid", "the longest strings", "every bound", "disabled",
        "passthrough", "no keys", "16 keys", "host keys alone", "both kinds of keys",
        "user CAs alone", "host CAs alone", "CAs and an owner", "the longest owner", "a host key's hash",
        "principals", "revoked keys alone", "a forgotten host key", "the most of both", "a pod without sshd", "no pod and no sshd",
        "terminals recorded", "all recorded",
    ];

    [Theory]
    [MemberData(nameof(Variants))]
    public void What_goes_in_comes_out(string variant)
    {
        Entry fed = Create(variant);

        var entry = new SessionEntry(fed);

        Assert.Equal((fed.SessionId, fed.State, fed.Access), (entry.SessionId, entry.State, entry.Access));
        Assert.Equal((fed.PodName, fed.PodUid, fed.Cause), (entry.PodName, entry.PodUid, entry.Cause));
        Assert.Equal(fed.PodIp.IsEmpty ? null : new IPEndPoint(new IPAddress(fed.PodIp.Span), (int)fed.Port), entry.Endpoint);
        Assert.Equal(fed.Exec is not null, entry.IsExec);
        Assert.Equal((fed.TargetUser, fed.Reason, fed.Passthrough, fed.Wake == Wake.OnLogin), (entry.TargetUser, entry.Reason, entry.Passthrough, entry.WakesOnLogin));
        Assert.Equal((fed.ExpiresAt, (int)fed.MaxConnections, (double)fed.IdleTimeout), (entry.ExpiresAt, entry.MaxConnections, entry.IdleTimeout.TotalSeconds));
        Assert.Equal(fed.Recording, entry.Recording);
        Assert.Equal(EntryHash.Compute(fed), entry.WireHash);
        Assert.Equal(fed.HostKeySha256.ToByteArray(), entry.HostKeySha256.ToArray());
        Assert.Equal(!fed.ForgottenHostKeySha256.IsEmpty, entry.ForgetsHostKey(SHA256.HashData(Ed25519.Blob.Span)));
        Assert.False(entry.ForgetsHostKey(SHA256.HashData(Rsa.Blob.Span)));
        Assert.Equal(fed.HostKeys.Select(k => k.ToByteArray()), entry.HostKeys.Select(k => k.ToArray()));
        Assert.Equal(fed.HostCaKeys.Select(k => k.ToByteArray()), entry.HostCAKeys.Select(k => k.ToArray()));
        Assert.Equal(fed.OwnerUser, Encoding.UTF8.GetString(entry.OwnerUser));
        Assert.Equal(fed.AuthorizedPrincipals, entry.AuthorizedPrincipals.Select(p => Encoding.UTF8.GetString(p.Span)));
        Assert.Equal(fed.RevokedKeySha256.Count > 0, entry.HasRevokedKeys);
        foreach (SshPublicKey key in new[] { Ed25519, Rsa, Ecdsa })
        {
            Assert.Equal(fed.RevokedKeySha256.Contains(Hash(key)), entry.Revokes(Hash(key).Span));
            Assert.Equal(fed.TrustedUserCaKeys.Contains(Blob(key)), entry.TrustsUserCA(key.Blob.Span));
            Assert.Equal(fed.AuthorizedKeys.Contains(Blob(key)), entry.Authorizes(key.Blob.Span));
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
        table.Upsert(new SessionEntry(With(e => (e.SessionId, e.PodName) = (new string("abc12".AsSpan()), "another"))));

        Assert.Equal(0, Allocations.Of(() => Assert.True(table.TryGet("abc12", out entry) && entry.Authorizes(Ed25519.Blob.Span))));
        Assert.Equal("another", entry!.PodName);
        Assert.Same(first, entry.SessionId);
    }

    private static Entry Create(string variant) => With(e =>
    {
        switch (variant)
        {
            case "no pod":
                (e.State, e.PodName, e.PodUid, e.PodIp, e.Reason) = (EndpointState.None, "", "", ByteString.Empty, "WaitingForPod");
                break;
            case "IPv6":
                (e.PodIp, e.Port) = (Bytes(IPAddress.Parse("2001:db8::1:2").GetAddressBytes()), 65535);
                break;
            case "a pod without a UUID":
                e.PodUid = "0123456789abcdef0123456789abcdef";
                break;
            case "a UUID in capitals":
                e.PodUid = "5F1C0C5E-8A43-4B4E-9D0A-0D7A5A1F6B11";
                break;
            case "an empty uid":
                e.PodUid = "";
                break;
            case "the longest strings":
                (e.SessionId, e.PodName, e.PodUid) = (new string('a', 40), new string('p', 253), new string('u', 64));
                (e.TargetUser, e.Reason, e.Cause) = (new string('t', 32), new string('R', 64), new string('C', 64));
                break;
            case "passthrough":
                e.Passthrough = true;
                e.Wake = Wake.Never;
                break;
            case "terminals recorded":
                e.Recording = RecordingMode.Terminal;
                break;
            case "all recorded":
                (e.Recording, e.Passthrough) = (RecordingMode.All, true);
                break;
            case "every bound":
                (e.ExpiresAt, e.MaxConnections, e.IdleTimeout) = (DateTimeOffset.MaxValue.ToUnixTimeSeconds(), 1000, uint.MaxValue);
                break;
            case "disabled":
                (e.State, e.Access, e.Reason) = (EndpointState.Draining, Access.Disabled, "AccessDisabled");
                break;
            case "no keys":
                e.AuthorizedKeys.Clear();
                break;
            case "16 keys":
                e.AuthorizedKeys.Clear();
                e.AuthorizedKeys.AddRange(Enumerable.Range(0, 16).Select(i => Blob((i % 3) switch { 0 => Ed25519, 1 => Rsa, _ => Ecdsa })));
                break;
            case "host keys alone":
                e.AuthorizedKeys.Clear();
                e.HostKeys.Add(Blob(Ecdsa));
                break;
            case "both kinds of keys":
                e.AuthorizedKeys.Insert(0, Blob(Rsa));
                e.HostKeys.AddRange([Blob(Ed25519), Blob(Ecdsa)]);
                break;
            case "user CAs alone":
                e.TrustedUserCaKeys.AddRange([Blob(Rsa), Blob(Ecdsa)]);
                break;
            case "host CAs alone":
                e.AuthorizedKeys.Clear();
                e.HostCaKeys.Add(Blob(Ed25519));
                break;
            case "CAs and an owner":
                e.HostKeys.Add(Blob(Rsa));
                e.TrustedUserCaKeys.Add(Blob(Ecdsa));
                e.HostCaKeys.AddRange([Blob(Rsa), Blob(Ed25519)]);
                e.OwnerUser = "jürgen";
                break;
            case "the longest owner":
                e.TrustedUserCaKeys.Add(Blob(Ecdsa));
                e.OwnerUser = new string('ü', 256);
                break;
            case "a host key's hash":
                e.HostKeySha256 = Hash(Rsa);
                break;
            case "principals":
                e.TrustedUserCaKeys.Add(Blob(Ecdsa));
                e.AuthorizedPrincipals.AddRange(["a,b", "jürgen"]);
                break;
            case "revoked keys alone":
                e.RevokedKeySha256.Add(Hash(Rsa));
                break;
            case "a forgotten host key":
                e.ForgottenHostKeySha256 = Hash(Ed25519);
                break;
            case "the most of both":
                e.TrustedUserCaKeys.Add(Blob(Ecdsa));
                e.AuthorizedPrincipals.AddRange(Enumerable.Range(0, 16).Select(i => new string((char)('a' + i), 1024)));
                e.RevokedKeySha256.AddRange(Enumerable.Range(0, 31).Select(i => Bytes(SHA256.HashData([(byte)i]))).Append(Hash(Ed25519)));
                e.OwnerUser = "alice";
                break;
            case "a pod without sshd":
                (e.Port, e.Exec) = (0, new ExecPod { Container = "main", Shell = "/bin/sh" });
                break;
            case "no pod and no sshd":
                (e.State, e.PodName, e.PodUid, e.PodIp, e.Reason) = (EndpointState.None, "", "", ByteString.Empty, "WaitingForPod");
                (e.Port, e.Exec) = (0, new ExecPod());
                break;
        }
    });

    private static Entry With(Action<Entry> change)
    {
        Entry entry = Plain;
        change(entry);
        return entry;
    }

    private static ByteString Bytes(byte[] bytes) => ByteString.CopyFrom(bytes);

    private static ByteString Blob(SshPublicKey key) => ByteString.CopyFrom(key.Blob.Span);

    private static ByteString Hash(SshPublicKey key) => Bytes(SHA256.HashData(key.Blob.Span));
}
