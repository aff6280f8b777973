using System.Net;
using System.Text;
using SshGateway.Feed;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Authentication;

/// <summary>
/// What a user certificate must be to open a session: OpenSSH PROTOCOL.certkeys. Whatever a CA demands and the gateway
/// can neither check nor hand on to the pod refuses the login.
/// </summary>
internal static class UserCertificateRules
{
    /// <summary>What the key of the certificate must vouch for if it is a security key.</summary>
    public static SecurityKeyFlags RequiredFlags(SshCertificate? certificate)
    {
        SecurityKeyFlags presence = certificate?.Extensions.ContainsKey(CertificateOptions.NoTouchRequired) == true ? SecurityKeyFlags.None : SecurityKeyFlags.UserPresent;
        return certificate?.CriticalOptions.ContainsKey(CertificateOptions.VerifyRequired) == true ? presence | SecurityKeyFlags.UserVerified : presence;
    }

    /// <summary>Why the certificate does not open the session; null: it does. The signature is not checked.</summary>
    public static KeyProblem? FindProblem(SshCertificate certificate, SessionEntry session, IPAddress client, DateTimeOffset now)
    {
        if (certificate.Type != CertificateType.User)
        {
            return new KeyProblem(KeyRefusal.NotUserCertificate, "is no user certificate");
        }
        if (!session.TrustsUserCA(certificate.SignatureKey.Blob.Span))
        {
            return new KeyProblem(KeyRefusal.UntrustedCA, "is signed by a CA that the session does not trust");
        }
        // None at all would mean everybody: OpenSSH refuses that too.
        if (!HasPrincipalOf(certificate, session))
        {
            return new KeyProblem(KeyRefusal.WrongPrincipal, session.AuthorizedPrincipals.Count > 0
                ? "has none of the session's authorized principals"
                : "has neither the session id nor the session's owner as a principal");
        }
        if (certificate.ProblemAt(now) is { } problem)
        {
            return new KeyProblem(certificate.BeginsAfter(now) ? KeyRefusal.CertificateNotYetValid : KeyRefusal.CertificateExpired, problem);
        }
        return FindProblemOfOptions(certificate, client);
    }

    // Compared as they are: a comma does not make two of one.
    private static bool HasPrincipalOf(SshCertificate certificate, SessionEntry session) =>
        session.AuthorizedPrincipals is { Count: > 0 } authorized
            ? authorized.Any(principal => certificate.HasPrincipal(principal.Span))
            : certificate.HasPrincipal(Encoding.ASCII.GetBytes(session.SessionId))
                || (session.OwnerUser is { IsEmpty: false } owner && certificate.HasPrincipal(owner));

    private static KeyProblem? FindProblemOfOptions(SshCertificate certificate, IPAddress client)
    {
        foreach ((string name, byte[] data) in certificate.CriticalOptions)
        {
            string? problem = name switch
            {
                // The pod's sshd enforces it: the gateway's certificate hands it on.
                CertificateOptions.ForceCommand => ValueOf(data) is { Length: > 0 } ? null : "has a force-command without a command",
                CertificateOptions.SourceAddress => ValueOf(data) is { } list && SourceAddresses.Contain(list, client) ? null : "does not admit the client's address",
                CertificateOptions.VerifyRequired => data.Length == 0 && SshKeyTypes.IsSecurityKey(certificate.Key.Type)
                    ? null
                    : "demands that its key verifies the user, which only a security key can",
                _ => $"has the critical option {Printable(name)}, which the gateway does not know",
            };
            if (problem is not null)
            {
                return new KeyProblem(name == CertificateOptions.SourceAddress ? KeyRefusal.SourceAddress : KeyRefusal.CriticalOption, problem);
            }
        }
        return null;
    }

    // The data of an option with a value is that value as a string.
    private static byte[]? ValueOf(byte[] data)
    {
        try
        {
            var reader = new SshReader(data);
            byte[] value = reader.ReadString().ToArray();
            reader.End();
            return value;
        }
        catch (SshFormatException)
        {
            return null;
        }
    }

    private static string Printable(string name) =>
        string.Concat(name.Take(64).Select(character => character is > ' ' and < '\x7f' ? character : '?'));
}
