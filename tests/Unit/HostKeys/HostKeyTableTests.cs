using Google.Protobuf;
using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Operator.HostKeys;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.HostKeys;

/// <summary>The operator's one opinion on each pod's host key.</summary>
public sealed class HostKeyTableTests
{
    private static readonly SshPublicKey First = PrivateKeys.Generate(SshKeyTypes.Ed25519).PublicKey;
    private static readonly SshPublicKey Second = PrivateKeys.Generate(SshKeyTypes.EcdsaP256).PublicKey;

    private readonly HostKeyTable _table = new();
    private readonly List<string> _changed = [];

    public HostKeyTableTests() => _table.Changed += _changed.Add;

    [Fact]
    public void The_first_key_that_is_reported_is_the_pods()
    {
        _table.Apply(Learned("uid-1", First));
        _table.Apply(Learned("uid-1", First));
        Assert.Equal((First.Fingerprint, null), Opinion("uid-1"));
        Assert.Equal(["abc12"], _changed);

        _table.Apply(Learned("uid-1", Second));

        Assert.Equal((First.Fingerprint, Second.Fingerprint), Opinion("uid-1"));
        Assert.Null(_table.Find("uid-2"));
    }

    [Fact]
    public void A_suspicion_teaches_no_key()
    {
        _table.Apply(Mismatch("uid-1", Second.Fingerprint));
        Assert.Equal((null, Second.Fingerprint), Opinion("uid-1"));

        _table.Apply(Learned("uid-1", First));

        Assert.Equal((First.Fingerprint, Second.Fingerprint), Opinion("uid-1"));
        Assert.Equal(2, _changed.Count);
    }

    [Fact]
    public void Of_a_pod_whose_fingerprint_was_recovered_no_other_key_is_learned()
    {
        _table.Recover("uid-1", First.Fingerprint);
        Assert.Equal((null, null), Opinion("uid-1"));
        Assert.Empty(_changed);

        _table.Apply(Learned("uid-1", Second));
        Assert.Equal((null, Second.Fingerprint), Opinion("uid-1"));
        Assert.Equal(First.Fingerprint, _table.Find("uid-1")!.ExpectedFingerprint);

        _table.Apply(Learned("uid-1", First));
        Assert.Equal((First.Fingerprint, Second.Fingerprint), Opinion("uid-1"));
        Assert.Equal(1, _table.Mismatches);
    }

    [Fact]
    public void A_key_that_was_reported_before_the_recovery_has_to_agree_with_it()
    {
        _table.Apply(Learned("uid-1", First));
        _table.Recover("uid-1", First.Fingerprint);
        Assert.Equal((First.Fingerprint, null), Opinion("uid-1"));

        _table.Apply(Learned("uid-2", Second));
        _table.Recover("uid-2", First.Fingerprint);
        Assert.Equal((null, Second.Fingerprint), Opinion("uid-2"));
    }

    public static TheoryData<string> Breaches => ["no session", "no pod", "a long uid", "no key", "half a key", "no fingerprint", "a long fingerprint", "a line break"];

    [Theory]
    [MemberData(nameof(Breaches))]
    public void A_report_beyond_its_bounds_is_refused(string what)
    {
        LearnedHostKey learned = Learned("uid-1", First);
        HostKeyMismatch mismatch = Mismatch("uid-1", First.Fingerprint);
        switch (what)
        {
            case "no session": learned.SessionId = mismatch.SessionId = "Not_An_Id"; break;
            case "no pod": learned.PodUid = mismatch.PodUid = ""; break;
            case "a long uid": learned.PodUid = mismatch.PodUid = new string('u', 65); break;
            case "no key": learned.Key = ByteString.Empty; break;
            case "half a key": learned.Key = ByteString.CopyFrom(First.Blob.Span[..30]); break;
            case "no fingerprint": mismatch.HostKeyFingerprint = ""; break;
            case "a long fingerprint": mismatch.HostKeyFingerprint = new string('x', 65); break;
            default: mismatch.HostKeyFingerprint = "SHA256:\nReady"; break;
        }
        if (!what.EndsWith("key", StringComparison.Ordinal))
        {
            Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<RpcException>(() => _table.Apply(mismatch)).StatusCode);
        }
        if (!what.EndsWith("fingerprint", StringComparison.Ordinal) && what != "a line break")
        {
            Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<RpcException>(() => _table.Apply(learned)).StatusCode);
        }
        Assert.Empty(_changed);
    }

    private (string? Key, string? Mismatch) Opinion(string podUid) => (_table.Find(podUid)!.Key?.Fingerprint, _table.Find(podUid)!.MismatchFingerprint);

    private static LearnedHostKey Learned(string podUid, SshPublicKey key) => new() { SessionId = "abc12", PodUid = podUid, Key = ByteString.CopyFrom(key.Blob.Span) };

    private static HostKeyMismatch Mismatch(string podUid, string fingerprint) => new() { SessionId = "abc12", PodUid = podUid, Reason = "HostKeyMismatch", HostKeyFingerprint = fingerprint };
}
