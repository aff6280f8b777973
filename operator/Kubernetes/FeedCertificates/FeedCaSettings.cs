namespace SshGateway.Operator.Kubernetes.FeedCertificates;

/// <summary>Where the feed's CA is, and how long it and its certificates are good for.</summary>
/// <param name="Namespace">The operator's own.</param>
/// <param name="Secret">The CA, and the operators' certificate of it.</param>
/// <param name="ConfigMap">What the proxies trust.</param>
/// <param name="Names">What proxies call the operators: DNS names and IP addresses.</param>
/// <param name="CertificateLifetime">A certificate has a successor when a third of this is left.</param>
/// <param name="CaLifetime">So has a CA.</param>
/// <param name="Overlap">How long the proxies can know a CA before it signs, and how long its predecessor is still trusted then.</param>
internal sealed record FeedCaSettings(
    string Namespace, string Secret, string ConfigMap, IReadOnlyList<string> Names, TimeSpan CertificateLifetime, TimeSpan CaLifetime, TimeSpan Overlap);
