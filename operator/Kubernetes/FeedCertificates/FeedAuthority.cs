using System.Text;
using k8s.Models;
using SshGateway.Operator.Feed.Certificates;

namespace SshGateway.Operator.Kubernetes.FeedCertificates;

/// <summary>What the Secret of the feed's CA holds.</summary>
/// <param name="Ca">The CA that signs (<c>ca.crt</c>, <c>ca.key</c>).</param>
/// <param name="Certificate">The operators' certificate (<c>tls.crt</c>, <c>tls.key</c>).</param>
/// <param name="Next">The CA that the proxies are told of and that does not sign yet (<c>next.crt</c>,
/// <c>next.key</c>).</param>
/// <param name="Previous">The CA that signed before and is still trusted; its key is gone
/// (<c>previous.crt</c>).</param>
internal sealed record FeedAuthority(CertificatePem Ca, CertificatePem Certificate, CertificatePem? Next = null, string? Previous = null)
{
    public const string CaFile = "ca.crt";

    private const string CaKeyFile = "ca.key";
    private const string CertificateFile = "tls.crt";
    private const string CertificateKeyFile = "tls.key";
    private const string NextFile = "next.crt";
    private const string NextKeyFile = "next.key";
    private const string PreviousFile = "previous.crt";

    /// <summary>What the proxies trust, by age: the same text before and after the next CA begins to sign.</summary>
    public string Bundle => Previous + Ca.Certificates + Next?.Certificates;

    /// <exception cref="InvalidDataException">Something is missing.</exception>
    public static FeedAuthority Read(V1Secret secret) => new(
        new CertificatePem(Text(secret, CaFile), Text(secret, CaKeyFile)),
        ReadCertificate(secret),
        Has(secret, NextFile) ? new CertificatePem(Text(secret, NextFile), Text(secret, NextKeyFile)) : null,
        Has(secret, PreviousFile) ? Text(secret, PreviousFile) : null);

    /// <summary>The operators' certificate alone, which is all that a Secret of somebody else's need have.</summary>
    /// <exception cref="InvalidDataException">It is missing.</exception>
    public static CertificatePem ReadCertificate(V1Secret secret) => new(Text(secret, CertificateFile), Text(secret, CertificateKeyFile));

    /// <returns>A value of the Secret.</returns>
    /// <exception cref="InvalidDataException">It is missing.</exception>
    public static string Text(V1Secret secret, string name) =>
        Has(secret, name) ? Encoding.ASCII.GetString(secret.Data[name]) : throw new InvalidDataException($"it has no {name}");

    /// <summary>The Secret's values. Null is what it must no longer have.</summary>
    public Dictionary<string, byte[]?> ToData() => new()
    {
        [CaFile] = Encode(Ca.Certificates),
        [CaKeyFile] = Encode(Ca.Key),
        [CertificateFile] = Encode(Certificate.Certificates),
        [CertificateKeyFile] = Encode(Certificate.Key),
        [NextFile] = Encode(Next?.Certificates),
        [NextKeyFile] = Encode(Next?.Key),
        [PreviousFile] = Encode(Previous),
    };

    // The keys must not get into a log.
    public override string ToString() => nameof(FeedAuthority);

    private static bool Has(V1Secret secret, string name) => secret.Data?.ContainsKey(name) == true;

    private static byte[]? Encode(string? text) => text is null ? null : Encoding.ASCII.GetBytes(text);
}
