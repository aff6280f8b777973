using System.Text;
using System.Text.Unicode;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Authentication;

/// <summary>
/// What a certificate must be to log in to a session here: one that the gateway makes for each connection (OpenSSH
/// PROTOCOL.certkeys).
/// </summary>
internal static class GatewayCertificateRules
{
    /// <summary>Why the certificate does not open the session; null: it does. The signature is not checked.</summary>
    public static string? FindProblem(SshCertificate certificate, ExecSession session, IReadOnlyList<SshPublicKey> userCAs, DateTimeOffset now)
    {
        if (certificate.Type != CertificateType.User)
        {
            return "is no user certificate";
        }
        if (!userCAs.Any(ca => ca.Blob.Span.SequenceEqual(certificate.SignatureKey.Blob.Span)))
        {
            return "is signed by a CA that Exec:UserCa does not name";
        }
        // No principal at all would mean everybody: OpenSSH refuses that too.
        if (!certificate.HasPrincipal(Encoding.ASCII.GetBytes(session.SessionId)))
        {
            return "does not have the session id as a principal";
        }
        return certificate.ProblemAt(now) ?? FindProblemOfOptions(certificate);
    }

    // The proxy has checked source-address and verify-required on the client's own certificate, and puts neither in
    // this one. An option that is not enforced here must refuse the login.
    private static string? FindProblemOfOptions(SshCertificate certificate)
    {
        foreach ((string name, byte[] data) in certificate.CriticalOptions)
        {
            if (name != CertificateOptions.ForceCommand)
            {
                return $"has the critical option {PeerText.OneLine(name[..Math.Min(name.Length, 64)])}, which the relay does not enforce";
            }
            if (!IsCommand(data))
            {
                return "has a force-command that is no command";
            }
        }
        return null;
    }

    // The data of an option with a value is that value as a string.
    private static bool IsCommand(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new SshReader(data);
            ReadOnlySpan<byte> command = reader.ReadString();
            reader.End();
            return !command.IsEmpty && !command.Contains((byte)0) && Utf8.IsValid(command);
        }
        catch (SshFormatException)
        {
            return false;
        }
    }
}
