using SshGateway.Proxy.Connections;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Table;
using SshGateway.Shared.Ssh;
using SshGateway.Tests.Ssh.Harness;
using Xunit;

namespace SshGateway.Tests.Pods;

public sealed class PodHostKeysTests
{
    private static readonly SshPublicKey First = PrivateKeys.Generate(SshKeyTypes.Ed25519).PublicKey;
    private static readonly SshPublicKey Second = PrivateKeys.Generate(SshKeyTypes.EcdsaP256).PublicKey;
    private static readonly SshPublicKey Rsa = PrivateKeys.Generate(SshKeyTypes.Rsa).PublicKey;

    private readonly PodHostKeys _keys = new();

    [Fact]
    public void Each_pinned_key_is_accepted_and_no_other()
    {
        SessionEntry entry = Sessions.Entry(hostKeys: [First, Second]);
        _keys.Check(entry, First);
        _keys.Check(entry, Second);
        LoginRefusedException refused = Assert.Throws<LoginRefusedException>(() => _keys.Check(entry, Rsa));
        Assert.Equal(ConnectionEnd.PodHostKeyMismatch, refused.End);
        Assert.Contains("abc12", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Rsa.Fingerprint, refused.Detail, StringComparison.Ordinal);
        Assert.Contains("pinned", refused.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_of_the_first_login_counts_for_the_pod_and_only_for_it()
    {
        SessionEntry entry = Sessions.Entry(podUid: "uid-1");
        _keys.Check(entry, First);
        _keys.Learn(entry, First);
        _keys.Check(entry, First);
        LoginRefusedException refused = Assert.Throws<LoginRefusedException>(() => _keys.Check(entry, Second));
        Assert.Contains(First.Fingerprint, refused.Detail, StringComparison.Ordinal);
        Assert.Contains(Second.Fingerprint, refused.Detail, StringComparison.Ordinal);
        _keys.Check(Sessions.Entry(podUid: "uid-2"), Second);
    }

    [Fact]
    public void A_key_is_not_learned_by_looking_at_it()
    {
        _keys.Check(Sessions.Entry(), First);
        _keys.Check(Sessions.Entry(), Second);
    }

    [Fact]
    public void Of_two_logins_at_once_the_first_to_learn_counts()
    {
        _keys.Learn(Sessions.Entry(), First);
        Assert.Throws<LoginRefusedException>(() => _keys.Learn(Sessions.Entry(), Second));
        _keys.Learn(Sessions.Entry(), First);
    }

    [Fact]
    public void Pinned_keys_are_not_learned_and_outrank_what_was_learned()
    {
        _keys.Learn(Sessions.Entry(hostKeys: [First]), First);
        _keys.Check(Sessions.Entry(), Second);
        _keys.Learn(Sessions.Entry(), Second);
        _keys.Check(Sessions.Entry(hostKeys: [First]), First);
        Assert.Throws<LoginRefusedException>(() => _keys.Check(Sessions.Entry(hostKeys: [First]), Second));
    }

    [Fact]
    public void Where_only_the_fingerprint_is_known_any_other_key_is_refused_and_never_learned()
    {
        var learned = new List<LearnedPodKey>();
        var refused = new List<string>();
        _keys.Learned += learned.Add;
        _keys.Refused += (_, _, fingerprint) => refused.Add(fingerprint);
        SessionEntry entry = Sessions.Entry(recovered: First);

        _keys.Check(entry, First);
        Assert.Equal(ConnectionEnd.PodHostKeyMismatch, Assert.Throws<LoginRefusedException>(() => _keys.Check(entry, Second)).End);
        Assert.Throws<LoginRefusedException>(() => _keys.Learn(entry, Second));
        Assert.Empty(learned);
        Assert.Equal([Second.Fingerprint, Second.Fingerprint], refused);

        _keys.Learn(entry, First);
        Assert.Equal(First.Blob.ToArray(), Assert.Single(learned).Blob);
        Assert.Equal(LegPair.AllHostKeyAlgorithms, _keys.AlgorithmsFor(Sessions.Entry(podUid: "uid-3", recovered: First)));
    }

    [Fact]
    public void Only_algorithms_of_keys_that_would_be_accepted_are_asked_for()
    {
        Assert.Equal(LegPair.AllHostKeyAlgorithms, _keys.AlgorithmsFor(Sessions.Entry()));
        Assert.Equal(["rsa-sha2-512", "rsa-sha2-256"], _keys.AlgorithmsFor(Sessions.Entry(hostKeys: [Rsa])));
        Assert.Equal(["ssh-ed25519", "ecdsa-sha2-nistp256"], _keys.AlgorithmsFor(Sessions.Entry(hostKeys: [Second, First])));
        _keys.Learn(Sessions.Entry(), Second);
        Assert.Equal(["ecdsa-sha2-nistp256"], _keys.AlgorithmsFor(Sessions.Entry()));
        Assert.Equal(LegPair.AllHostKeyAlgorithms, _keys.AlgorithmsFor(Sessions.Entry(podUid: "uid-2")));
    }
}
