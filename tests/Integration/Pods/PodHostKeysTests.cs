using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Integration.Pods;

public sealed class PodHostKeysTests
{
    private static readonly PresentedKey First = new(PrivateKeys.Generate(SshKeyTypes.Ed25519).PublicKey);
    private static readonly PresentedKey Second = new(PrivateKeys.Generate(SshKeyTypes.EcdsaP256).PublicKey);
    private static readonly PresentedKey Rsa = new(PrivateKeys.Generate(SshKeyTypes.Rsa).PublicKey);

    private readonly PodHostKeys _keys = new(TimeProvider.System);

    [Fact]
    public void Each_pinned_key_is_accepted_and_no_other()
    {
        SessionEntry entry = Sessions.Entry(hostKeys: [First.Key, Second.Key]);
        Assert.Null(_keys.Check(entry, First));
        Assert.Null(_keys.Check(entry, Second));
        Refusal refused = Assert.IsType<Refusal>(_keys.Check(entry, Rsa));
        Assert.Equal(ConnectionEnd.PodHostKeyMismatch, refused.End);
        Assert.Contains("abc12", refused.Sentence, StringComparison.Ordinal);
        Assert.Contains(Rsa.Key.Fingerprint, refused.Detail, StringComparison.Ordinal);
        Assert.Contains("pinned", refused.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_of_the_first_login_counts_for_the_pod_and_only_for_it()
    {
        SessionEntry entry = Sessions.Entry(podUid: "uid-1");
        Assert.Null(_keys.Check(entry, First));
        Assert.Null(_keys.Learn(entry, First));
        Assert.Null(_keys.Check(entry, First));
        Refusal refused = Assert.IsType<Refusal>(_keys.Check(entry, Second));
        Assert.Contains(First.Key.Fingerprint, refused.Detail, StringComparison.Ordinal);
        Assert.Contains(Second.Key.Fingerprint, refused.Detail, StringComparison.Ordinal);
        Assert.Null(_keys.Check(Sessions.Entry(podUid: "uid-2"), Second));
    }

    [Fact]
    public void A_key_that_was_learned_wrongly_is_forgotten_and_refused()
    {
        var refused = new List<string>();
        _keys.Refused += (_, _, fingerprint) => refused.Add(fingerprint);
        Assert.Null(_keys.Learn(Sessions.Entry(), First));
        SessionEntry entry = Sessions.Entry(forgotten: First.Key);

        // All algorithms are asked for again, and the next login's key is the pod's.
        Assert.Equal(_keys.FindAlgorithms(Sessions.Entry(podUid: "uid-2")), _keys.FindAlgorithms(entry));
        Assert.Empty(_keys.All);
        Refusal refusal = Assert.IsType<Refusal>(_keys.Check(entry, First));
        Assert.Contains("annotation", refusal.Detail, StringComparison.Ordinal);
        Assert.NotNull(_keys.Learn(entry, First));
        Assert.Null(_keys.Learn(entry, Second));
        Assert.Equal([First.Key.Fingerprint, First.Key.Fingerprint], refused);

        // It stays so without the annotation.
        Assert.NotNull(_keys.Check(Sessions.Entry(), First));
        Assert.Null(_keys.Check(Sessions.Entry(), Second));
        // Another key's annotation changes nothing, and pinned keys outrank it.
        Assert.Null(_keys.Check(Sessions.Entry(forgotten: Rsa.Key), Second));
        Assert.Null(_keys.Check(Sessions.Entry(hostKeys: [Second.Key], forgotten: Second.Key), Second));
    }

    [Fact]
    public void A_key_is_not_learned_by_looking_at_it()
    {
        Assert.Null(_keys.Check(Sessions.Entry(), First));
        Assert.Null(_keys.Check(Sessions.Entry(), Second));
    }

    [Fact]
    public void Of_two_logins_at_once_the_first_to_learn_counts()
    {
        Assert.Null(_keys.Learn(Sessions.Entry(), First));
        Assert.NotNull(_keys.Learn(Sessions.Entry(), Second));
        Assert.Null(_keys.Learn(Sessions.Entry(), First));
    }

    [Fact]
    public void Pinned_keys_are_not_learned_and_outrank_what_was_learned()
    {
        Assert.Null(_keys.Learn(Sessions.Entry(hostKeys: [First.Key]), First));
        Assert.Null(_keys.Check(Sessions.Entry(), Second));
        Assert.Null(_keys.Learn(Sessions.Entry(), Second));
        Assert.Null(_keys.Check(Sessions.Entry(hostKeys: [First.Key]), First));
        Assert.NotNull(_keys.Check(Sessions.Entry(hostKeys: [First.Key]), Second));
    }

    [Fact]
    public void Where_only_the_fingerprint_is_known_any_other_key_is_refused_and_never_learned()
    {
        var learned = new List<LearnedPodKey>();
        var refused = new List<string>();
        _keys.Learned += learned.Add;
        _keys.Refused += (_, _, fingerprint) => refused.Add(fingerprint);
        SessionEntry entry = Sessions.Entry(recovered: First.Key);

        Assert.Null(_keys.Check(entry, First));
        Assert.Equal(ConnectionEnd.PodHostKeyMismatch, _keys.Check(entry, Second)?.End);
        Assert.NotNull(_keys.Learn(entry, Second));
        Assert.Empty(learned);
        Assert.Equal([Second.Key.Fingerprint, Second.Key.Fingerprint], refused);

        Assert.Null(_keys.Learn(entry, First));
        Assert.Equal(First.Key.Blob.ToArray(), Assert.Single(learned).Blob);
        Assert.Equal(LegPair.AllHostKeyAlgorithms, _keys.FindAlgorithms(Sessions.Entry(podUid: "uid-3", recovered: First.Key)));
    }

    [Fact]
    public void Only_algorithms_of_keys_that_would_be_accepted_are_asked_for()
    {
        Assert.Equal(LegPair.AllHostKeyAlgorithms, _keys.FindAlgorithms(Sessions.Entry()));
        Assert.Equal(["rsa-sha2-512", "rsa-sha2-256"], _keys.FindAlgorithms(Sessions.Entry(hostKeys: [Rsa.Key])));
        Assert.Equal(["ssh-ed25519", "ecdsa-sha2-nistp256"], _keys.FindAlgorithms(Sessions.Entry(hostKeys: [Second.Key, First.Key])));
        Assert.Null(_keys.Learn(Sessions.Entry(), Second));
        Assert.Equal(["ecdsa-sha2-nistp256"], _keys.FindAlgorithms(Sessions.Entry()));
        Assert.Equal(LegPair.AllHostKeyAlgorithms, _keys.FindAlgorithms(Sessions.Entry(podUid: "uid-2")));
    }

    // Where a CA signs, only certificates are asked for, and nothing is learned: trust on first use would be a way
    // around the CA.
    [Fact]
    public void Where_a_CA_is_named_only_its_certificates_count()
    {
        using SshPrivateKey ca = PrivateKeys.Generate(SshKeyTypes.EcdsaP256);
        SessionEntry entry = Sessions.Entry(hostCAs: [ca.PublicKey]);
        Assert.Equal(
            [
                "ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp384-cert-v01@openssh.com",
                "ecdsa-sha2-nistp521-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com",
            ],
            _keys.FindAlgorithms(entry));
        Assert.Null(_keys.Learn(Sessions.Entry(), First));
        PresentedKey certified = Certified(HostCertificate(ca));
        Assert.Null(_keys.Check(entry, certified));
        Assert.Null(_keys.Learn(entry, certified));
        Assert.NotNull(_keys.Check(entry, First));
        Assert.NotNull(_keys.Check(Sessions.Entry(hostCAs: [ca.PublicKey], hostKeys: [Second.Key]), certified));
        Assert.Null(_keys.Check(Sessions.Entry(hostCAs: [ca.PublicKey], hostKeys: [First.Key]), First));
        Assert.Equal(["ssh-ed25519"], _keys.FindAlgorithms(Sessions.Entry(hostCAs: [ca.PublicKey], hostKeys: [First.Key])));
    }

    [Theory]
    [InlineData("session id", null)]
    [InlineData("pod name", null)]
    [InlineData("no principals", "names neither")]
    [InlineData("another principal", "names neither")]
    [InlineData("not yet", "not valid yet")]
    [InlineData("expired", "has expired")]
    [InlineData("critical option", "critical option")]
    [InlineData("user certificate", "no host certificate")]
    [InlineData("another CA", "another CA")]
    [InlineData("forged", "not signed by the CA")]
    public void A_host_certificate_is_checked(string what, string? refusal)
    {
        using SshPrivateKey ca = PrivateKeys.Generate(SshKeyTypes.Ed25519);
        using SshPrivateKey otherCa = PrivateKeys.Generate(SshKeyTypes.Ed25519);
        Certificate good = HostCertificate(ca);
        PresentedKey shown = Certified(what switch
        {
            "pod name" => good with { Principals = ["node", "claude-abc12"] },
            "no principals" => good with { Principals = [] },
            "another principal" => good with { Principals = ["claude-abc1", "*"] },
            "not yet" => good with { ValidAfter = ulong.MaxValue - 1 },
            "expired" => good with { ValidBefore = 1_000_000 },
            "critical option" => good with { CriticalOptions = [("force-command", "x")] },
            "user certificate" => good with { Type = CertificateType.User },
            "another CA" => good with { Ca = otherCa },
            "forged" => good with { Ca = otherCa, SignatureKey = ca.PublicKey.Blob.ToArray() },
            _ => good,
        });
        SessionEntry entry = Sessions.Entry(hostCAs: [ca.PublicKey]);
        List<string> reported = [];
        _keys.Refused += (_, _, fingerprint) => reported.Add(fingerprint);
        if (refusal is null)
        {
            Assert.Null(_keys.Check(entry, shown));
            return;
        }
        Refusal refused = Assert.IsType<Refusal>(_keys.Check(entry, shown));
        Assert.Equal(ConnectionEnd.PodHostKeyMismatch, refused.End);
        Assert.Contains(refusal, refused.Detail, StringComparison.Ordinal);
        Assert.Equal([shown.Key.Fingerprint], reported);
    }

    private static Certificate HostCertificate(SshPrivateKey ca) => new(First.Key, ca) { Type = CertificateType.Host, Extensions = [] };

    private static PresentedKey Certified(Certificate certificate) => new(certificate.Key, certificate.Parse());
}
