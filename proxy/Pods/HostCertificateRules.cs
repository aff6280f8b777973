using System.Text;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;

namespace SshGateway.Proxy.Pods;

/// <summary>
/// What a pod's host certificate must be: OpenSSH PROTOCOL.certkeys. Its principal is the session id, or the pod's name
/// where whoever signs knows no sessions; one without principals is anybody's.
/// </summary>
internal static class HostCertificateRules
{
    /// <summary>Why the certificate is not this pod's, for the log; null: it is.</summary>
    public static string? FindProblem(SshCertificate? certificate, SessionEntry session, DateTimeOffset now)
    {
        if (certificate is null)
        {
            return "it came without a certificate";
        }
        if (!session.HostCAKeys.Any(ca => ca.Span.SequenceEqual(certificate.SignatureKey.Blob.Span)))
        {
            return $"its certificate is of another CA, {certificate.SignatureKey.Fingerprint}";
        }
        if (!certificate.IsSigned())
        {
            return "its certificate is not signed by the CA that it names";
        }
        if (certificate.Type != CertificateType.Host)
        {
            return "its certificate is no host certificate";
        }
        if (!certificate.HasPrincipal(Encoding.ASCII.GetBytes(session.SessionId)) && !certificate.HasPrincipal(Encoding.UTF8.GetBytes(session.PodName)))
        {
            return "its certificate names neither the session id nor the pod as a principal";
        }
        // There are no critical options for hosts: each one is unknown.
        if (certificate.CriticalOptions.Count > 0)
        {
            return "its certificate has a critical option";
        }
        return certificate.ProblemAt(now) is { } problem ? $"its certificate {problem}" : null;
    }
}
