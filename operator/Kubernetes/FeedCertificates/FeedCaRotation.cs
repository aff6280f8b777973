using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SshGateway.Operator.Feed.Certificates;

namespace SshGateway.Operator.Kubernetes.FeedCertificates;

/// <summary>
/// What the feed's CA and certificate have to become, as a function of what they are, what is published, and the time:
/// <code>
/// CA          |-------------- signs ---------------|- trusted -|
/// next CA                    | made | published .. |--------- signs ------------
///                             a third of the CA's life is left
/// </code>
/// Nothing is signed by a CA that the proxies have not had the time to read.
/// </summary>
internal sealed class FeedCaRotation(FeedCaSettings settings)
{
    // A certificate, or CA, has a successor when this part of its life is left.
    private const double LastPart = 1.0 / 3;

    public FeedAuthority Begin(DateTimeOffset now)
    {
        CertificatePem ca = FeedCa.Create(now, settings.CaLifetime);
        return new FeedAuthority(ca, Issue(ca, now));
    }

    /// <param name="publishedAt">Since when the proxies can read <see cref="FeedAuthority.Bundle"/>; null: what they
    /// trust is somebody else's to say, so it cannot change.</param>
    /// <returns>What it has to be now; null: it is.</returns>
    /// <exception cref="CryptographicException">What there is cannot be used.</exception>
    /// <exception cref="ArgumentException">A key is another one's.</exception>
    public (FeedCaStep Step, FeedAuthority Authority)? Next(FeedAuthority present, DateTimeOffset? publishedAt, DateTimeOffset now)
    {
        using FeedCa ca = FeedCa.Load(present.Ca);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(present.Certificate.Certificates, present.Certificate.Key);
        if (publishedAt is { } since)
        {
            // A CA that has ended is trusted by nobody: there is nothing left to be careful of.
            if (present.Next is { } next && (now - since >= settings.Overlap || ca.NotAfter <= now))
            {
                return (FeedCaStep.NextCaSigns, new FeedAuthority(next, Issue(next, now), Previous: present.Ca.Certificates));
            }
            // The certificate is never older than the CA's first signature, and the other operators have read it in
            // this time.
            if (present.Previous is not null && now - FeedCa.IssuedAt(certificate) >= settings.Overlap)
            {
                return (FeedCaStep.PreviousCaDropped, present with { Previous = null });
            }
            if (present.Next is null && present.Previous is null && ca.NotAfter - now < settings.CaLifetime * LastPart)
            {
                return (FeedCaStep.NextCaMade, present with { Next = FeedCa.Create(now, settings.CaLifetime) });
            }
        }
        return IsDue(certificate, ca, now) ? (FeedCaStep.CertificateRenewed, present with { Certificate = Issue(present.Ca, now) }) : null;
    }

    private bool IsDue(X509Certificate2 certificate, FeedCa ca, DateTimeOffset now) =>
        !ca.HasIssued(certificate) || !FeedCa.HasNames(certificate, settings.Names)
        // At the end of its CA's life, another one would not live longer either.
        || (certificate.NotAfter - now < settings.CertificateLifetime * LastPart && ca.End(now, settings.CertificateLifetime) - certificate.NotAfter >= TimeSpan.FromSeconds(1));

    private CertificatePem Issue(CertificatePem ca, DateTimeOffset now)
    {
        using FeedCa signer = FeedCa.Load(ca);
        return signer.Issue(settings.Names, now, settings.CertificateLifetime);
    }
}

/// <summary>What was done to the feed's CA and certificate.</summary>
internal enum FeedCaStep
{
    /// <summary>The next CA has been made; the proxies are told of it, and it does not sign yet.</summary>
    NextCaMade,

    /// <summary>The next CA has become the one that signs, and the certificate is one of its.</summary>
    NextCaSigns,

    /// <summary>The CA from before is no longer trusted.</summary>
    PreviousCaDropped,

    /// <summary>There is another certificate of the same CA.</summary>
    CertificateRenewed,
}

/// <summary>Where the feed's CA is, and how long it and its certificates are good for.</summary>
/// <param name="Namespace">The operator's own.</param>
/// <param name="Secret">The CA, and the operators' certificate of it.</param>
/// <param name="ConfigMap">What the proxies trust.</param>
/// <param name="Names">What proxies call the operators: DNS names and IP addresses.</param>
/// <param name="CertificateLifetime">A certificate has a successor when a third of this is left.</param>
/// <param name="CaLifetime">So has a CA.</param>
/// <param name="Overlap">How long the proxies can know a CA before it signs, and how long its predecessor is still
/// trusted then.</param>
internal sealed record FeedCaSettings(
    string Namespace, string Secret, string ConfigMap, IReadOnlyList<string> Names, TimeSpan CertificateLifetime, TimeSpan CaLifetime, TimeSpan Overlap);
