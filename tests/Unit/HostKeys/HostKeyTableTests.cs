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

    public HostKeyTableTests()
    {
        _table.Changed += _changed.Add;
        _table.Bind("abc12", "uid-1", forgotten: null);
    }

    [Fact]
    public void The_first_key_that_is_reported_is_the_pods()
    {
        _table.Apply(Learned("uid-1", First), "proxy-1");
        _table.Apply(Learned("uid-1", First), "proxy-1");
        Assert.Equal((First.Fingerprint, null), Opinion("uid-1"));
        Assert.Equal(["abc12"], _changed);

        _table.Apply(Learned("uid-1", Second), "proxy-1");

        Assert.Equal((First.Fingerprint, Second.Fingerprint), Opinion("uid-1"));
        Assert.Null(_table.Find("uid-2"));
    }

    [Fact]
    public void A_suspicion_teaches_no_key()
    {
        _table.Apply(Mismatch("uid-1", Second.Fingerprint), "proxy-1");
        Assert.Equal((null, Second.Fingerprint), Opinion("uid-1"));

        _table.Apply(Learned("uid-1", First), "proxy-1");

        Assert.Equal((First.Fingerprint, Second.Fingerprint), Opinion("uid-1"));
        Assert.Equal(2, _changed.Count);
    }

    [Fact]
    public void Of_a_pod_whose_fingerprint_was_recovered_no_other_key_is_learned()
    {
        _table.Recover("uid-1", First.Fingerprint, "proxy-0");
        Assert.Equal((null, null), Opinion("uid-1"));
        Assert.Empty(_changed);

        _table.Apply(Learned("uid-1", Second), "proxy-1");
        Assert.Equal((null, Second.Fingerprint), Opinion("uid-1"));
        Assert.Equal(First.Fingerprint, _table.Find("uid-1")!.ExpectedFingerprint);

        _table.Apply(Learned("uid-1", First), "proxy-1");
        Assert.Equal((First.Fingerprint, Second.Fingerprint), Opinion("uid-1"));
        Assert.Equal(1, _table.Mismatches);
    }

    [Fact]
    public void A_key_that_was_reported_before_the_recovery_has_to_agree_with_it()
    {
        _table.Apply(Learned("uid-1", First), "proxy-1");
        _table.Recover("uid-1", First.Fingerprint, "proxy-0");
        Assert.Equal((First.Fingerprint, null), Opinion("uid-1"));

        _table.Bind("abc12", "uid-2", forgotten: null);
        _table.Apply(Learned("uid-2", Second), "proxy-1");
        _table.Recover("uid-2", First.Fingerprint, "proxy-0");
        Assert.Equal((null, Second.Fingerprint), Opinion("uid-2"));
    }

    [Fact]
    public void The_proxies_that_reported_are_kept()
    {
        _table.Apply(Learned("uid-1", First), "proxy-1");
        _table.Apply(Learned("uid-1", First), "proxy-2");
        _table.Apply(Mismatch("uid-1", Second.Fingerprint), "proxy-3");
        HostKeyRecord known = _table.Find("uid-1")!;
        Assert.Equal(("proxy-1", "proxy-3"), (known.LearnedFrom, known.MismatchFrom));

        _table.Recover("uid-9", First.Fingerprint, "proxy-0");
        Assert.Equal("proxy-0", _table.Find("uid-9")!.LearnedFrom);
    }

    [Fact]
    public void Only_the_pods_count_that_sessions_have_now()
    {
        _table.Apply(Learned("uid-2", First), "proxy-1");
        _table.Apply(Mismatch("uid-3", First.Fingerprint), "proxy-1");
        Assert.Equal((0, 0, null), (_table.Count, _table.Mismatches, _table.Find("uid-2")));
        Assert.Empty(_changed);

        // The proxy was ahead of this operator.
        Assert.Equal(HostKeyChange.Reported, _table.Bind("abc12", "uid-2", forgotten: null));
        Assert.Equal((First.Fingerprint, null), Opinion("uid-2"));

        // What comes late does not count any more, nor what another session says of the pod.
        _table.Apply(Learned("uid-1", Second), "proxy-1");
        _table.Bind("other", "uid-4", forgotten: null);
        _table.Apply(Mismatch("uid-4", Second.Fingerprint), "proxy-1");
        _table.Unbind("abc12");
        _table.Apply(Mismatch("uid-2", Second.Fingerprint), "proxy-1");
        Assert.Equal((1, 0), (_table.Count, _table.Mismatches));
    }

    [Fact]
    public void Of_what_comes_early_the_latest_thousand_are_kept()
    {
        for (int i = 0; i <= HostKeyTable.MaxEarlyReports; i++)
        {
            _table.Apply(Learned($"early-{i}", First), "proxy-1");
        }
        Assert.Equal(0, _table.Count);
        Assert.Equal(HostKeyChange.None, _table.Bind("abc12", "early-0", forgotten: null));
        Assert.Equal(HostKeyChange.Reported, _table.Bind("abc12", "early-1", forgotten: null));
        Assert.Equal(HostKeyChange.Reported, _table.Bind("abc12", $"early-{HostKeyTable.MaxEarlyReports}", forgotten: null));
    }

    [Fact]
    public void A_pod_that_shows_a_new_key_each_time_is_reported_a_few_times()
    {
        _table.Apply(Learned("uid-1", First), "proxy-1");
        for (int i = 0; i < 100; i++)
        {
            _table.Apply(Mismatch("uid-1", $"SHA256:{i}"), "proxy-1");
        }
        Assert.Equal(HostKeyTable.MaxMismatches, _table.Mismatches);
        Assert.Equal(1 + HostKeyTable.MaxMismatches, _changed.Count);
    }

    [Fact]
    public void A_key_that_is_forgotten_makes_room_for_another_and_does_not_come_back()
    {
        _table.Apply(Learned("uid-1", First), "proxy-1");
        _table.Apply(Mismatch("uid-1", Second.Fingerprint), "proxy-1");

        Assert.Equal(HostKeyChange.None, _table.Bind("abc12", "uid-1", "SHA256:another"));
        Assert.Equal((First.Fingerprint, Second.Fingerprint), Opinion("uid-1"));
        Assert.Equal(HostKeyChange.Forgotten, _table.Bind("abc12", "uid-1", First.Fingerprint));
        Assert.Equal((null, null), Opinion("uid-1"));
        Assert.Equal(HostKeyChange.None, _table.Bind("abc12", "uid-1", First.Fingerprint));

        // A proxy that has not heard of it yet.
        _table.Apply(Learned("uid-1", First), "proxy-2");
        Assert.Equal((null, null), Opinion("uid-1"));
        _table.Apply(Learned("uid-1", Second), "proxy-2");
        _table.Apply(Learned("uid-1", First), "proxy-2");
        Assert.Equal((Second.Fingerprint, null), Opinion("uid-1"));
        Assert.Equal("proxy-2", _table.Find("uid-1")!.LearnedFrom);

        // Recovered from a status that was written before.
        _table.Recover("uid-5", First.Fingerprint, null);
        Assert.Equal(HostKeyChange.Forgotten, _table.Bind("abc12", "uid-5", First.Fingerprint));
        Assert.Null(_table.Find("uid-5")!.ExpectedFingerprint);
    }

    public static TheoryData<string> Breaches => ["no session", "no pod", "a long uid", "no key", "half a key", "a long key", "no fingerprint", "a long fingerprint", "a line break"];

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
            case "a long key": learned.Key = ByteString.CopyFrom(new byte[4097]); break;
            case "no fingerprint": mismatch.HostKeyFingerprint = ""; break;
            case "a long fingerprint": mismatch.HostKeyFingerprint = new string('x', 65); break;
            default: mismatch.HostKeyFingerprint = "SHA256:\nReady"; break;
        }
        if (!what.EndsWith("key", StringComparison.Ordinal))
        {
            Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<RpcException>(() => _table.Apply(mismatch, "proxy-1")).StatusCode);
        }
        if (!what.EndsWith("fingerprint", StringComparison.Ordinal) && what != "a line break")
        {
            Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<RpcException>(() => _table.Apply(learned, "proxy-1")).StatusCode);
        }
        Assert.Empty(_changed);
    }

    private (string? Key, string? Mismatch) Opinion(string podUid) => (_table.Find(podUid)!.Key?.Fingerprint, _table.Find(podUid)!.MismatchFingerprint);

    private static LearnedHostKey Learned(string podUid, SshPublicKey key) => new() { SessionId = "abc12", PodUid = podUid, Key = ByteString.CopyFrom(key.Blob.Span) };

    private static HostKeyMismatch Mismatch(string podUid, string fingerprint) => new() { SessionId = "abc12", PodUid = podUid, Reason = "HostKeyMismatch", HostKeyFingerprint = fingerprint };
}
