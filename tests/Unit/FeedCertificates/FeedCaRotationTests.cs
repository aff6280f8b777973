using System.Security.Cryptography.X509Certificates;
using k8s.Models;
using SshGateway.Operator.Feed.Certificates;
using SshGateway.Operator.Kubernetes.FeedCertificates;
using Xunit;

namespace SshGateway.Tests.Unit.FeedCertificates;

/// <summary>Years of the feed's CA and certificate, a step at a time.</summary>
public sealed class FeedCaRotationTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly FeedCaSettings Settings = new(
        "ns", "secret", "map", ["operator.ns.svc", "127.0.0.1"], TimeSpan.FromDays(30), TimeSpan.FromDays(365), TimeSpan.FromHours(12));

    private readonly FeedCaRotation _rotation = new(Settings);

    [Fact]
    public void For_years_each_proxy_trusts_what_each_operator_shows_however_late_both_read()
    {
        // What could be read at which time.
        List<(DateTimeOffset At, string Bundle)> bundles = [];
        List<(DateTimeOffset At, CertificatePem Certificate)> certificates = [];
        HashSet<string> authorities = [];
        FeedAuthority authority = _rotation.Begin(Start);
        TimeSpan latest = Settings.Overlap - TimeSpan.FromMinutes(1);

        for (DateTimeOffset now = Start; now < Start + TimeSpan.FromDays(1000); now += TimeSpan.FromHours(3))
        {
            if (bundles.Count == 0 || bundles[^1].Bundle != authority.Bundle)
            {
                bundles.Add((now, authority.Bundle));
            }
            while (_rotation.Next(authority, bundles[^1].At, now) is var (_, next))
            {
                authority = next;
                if (bundles[^1].Bundle != authority.Bundle)
                {
                    bundles.Add((now, authority.Bundle));
                }
            }
            if (certificates.Count == 0 || certificates[^1].Certificate != authority.Certificate)
            {
                certificates.Add((now, authority.Certificate));
            }
            authorities.Add(authority.Ca.Certificates);
            Assert.True(IsTrusted(authority.Certificate, authority.Bundle, now), $"{now}");
            Assert.True(IsTrusted(authority.Certificate, bundles.Last(b => b == bundles[0] || b.At <= now - latest).Bundle, now), $"a proxy that is late, at {now}");
            Assert.True(IsTrusted(certificates.Last(c => c == certificates[0] || c.At <= now - latest).Certificate, authority.Bundle, now), $"an operator that is late, at {now}");
        }

        // A certificate in about 20 days, a CA in about 243.
        Assert.InRange(certificates.Count, 50, 60);
        Assert.Equal(5, authorities.Count);
    }

    [Fact]
    public void A_CA_signs_only_once_it_has_been_published_for_the_overlap()
    {
        (FeedAuthority announced, DateTimeOffset now) = Announced();

        Assert.Null(_rotation.Next(announced, now, now + Settings.Overlap - TimeSpan.FromSeconds(1)));
        (FeedCaStep step, FeedAuthority signing) = _rotation.Next(announced, now, now + Settings.Overlap)!.Value;

        Assert.Equal(FeedCaStep.NextCaSigns, step);
        Assert.Equal((announced.Next, null, announced.Ca.Certificates), (signing.Ca, signing.Next, signing.Previous));
        Assert.Equal(announced.Bundle, signing.Bundle);
        Assert.False(IsTrusted(signing.Certificate, announced.Ca.Certificates, now + Settings.Overlap));
    }

    [Fact]
    public void While_what_proxies_trust_is_somebody_elses_to_say_the_CA_stays_and_the_certificate_is_renewed()
    {
        FeedAuthority authority = _rotation.Begin(Start);
        DateTimeOffset now = Start + TimeSpan.FromDays(355);

        (FeedCaStep step, FeedAuthority renewed) = _rotation.Next(authority, null, now)!.Value;

        Assert.Equal((FeedCaStep.CertificateRenewed, authority.Ca), (step, renewed.Ca));
        // It ends with its CA, so another one would be no better.
        Assert.Null(_rotation.Next(renewed, null, now));
        Assert.Null(_rotation.Next(renewed, null, now + TimeSpan.FromDays(9)));
    }

    [Fact]
    public void A_CA_that_has_ended_is_replaced_without_a_wait()
    {
        FeedAuthority authority = _rotation.Begin(Start);
        DateTimeOffset now = Start + TimeSpan.FromDays(400);

        (FeedCaStep made, FeedAuthority announced) = _rotation.Next(authority, Start, now)!.Value;
        (FeedCaStep signs, FeedAuthority signing) = _rotation.Next(announced, now, now)!.Value;

        Assert.Equal((FeedCaStep.NextCaMade, FeedCaStep.NextCaSigns), (made, signs));
        Assert.True(IsTrusted(signing.Certificate, signing.Bundle, now));
    }

    [Fact]
    public void Other_names_are_in_another_certificate_at_once()
    {
        FeedAuthority authority = _rotation.Begin(Start);
        var renamed = new FeedCaRotation(Settings with { Names = ["operator.other.svc"] });

        (FeedCaStep step, FeedAuthority renewed) = renamed.Next(authority, Start, Start)!.Value;

        Assert.Equal((FeedCaStep.CertificateRenewed, authority.Ca), (step, renewed.Ca));
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(renewed.Certificate.Certificates);
        Assert.True(certificate.MatchesHostname("operator.other.svc"));
        Assert.Null(renamed.Next(renewed, Start, Start));
    }

    [Fact]
    public void What_is_stored_is_what_is_read()
    {
        (FeedAuthority announced, _) = Announced();

        Assert.Equal(announced, FeedAuthority.Read(new V1Secret { Data = announced.ToData().Where(v => v.Value is not null).ToDictionary()! }));
        Assert.Equal(["previous.crt"], announced.ToData().Where(v => v.Value is null).Select(v => v.Key));
        // Their names are in the proxies' manifests, and the names of their keys nowhere.
        Assert.DoesNotContain("PRIVATE", announced.Bundle + announced + announced.Ca, StringComparison.Ordinal);
    }

    private (FeedAuthority Authority, DateTimeOffset Now) Announced()
    {
        FeedAuthority authority = _rotation.Begin(Start);
        DateTimeOffset now = Start + TimeSpan.FromDays(244);
        (FeedCaStep step, FeedAuthority announced) = _rotation.Next(authority, Start, now)!.Value;
        Assert.Equal(FeedCaStep.NextCaMade, step);
        // The certificate is due as well.
        (step, announced) = _rotation.Next(announced, now, now)!.Value;
        Assert.Equal(FeedCaStep.CertificateRenewed, step);
        return (announced, now);
    }

    // As OpenSSL and .NET judge a server that shows no more than its certificate.
    private static bool IsTrusted(CertificatePem shown, string bundle, DateTimeOffset now)
    {
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(shown.Certificates, shown.Key);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(bundle);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate);
    }
}
