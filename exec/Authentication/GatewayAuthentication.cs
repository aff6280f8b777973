using System.Buffers;
using System.Net;
using System.Text;
using SshGateway.Exec.Sessions;
using SshGateway.Feed;
using SshGateway.Ssh.Authentication;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Authentication;

/// <summary>
/// Lets in the proxies of the gateway: with a certificate of its user CA for the session, and with nothing else. A
/// certificate that is not good takes the same path for sessions that exist and for those that do not.
/// </summary>
internal sealed partial class GatewayAuthentication(
    SshServerTransport leg, string connectionId, ExecSessionTable table, Func<IReadOnlyList<SshPublicKey>> userCAs, TimeProvider time,
    ILogger<GatewayAuthentication> logger) : PublicKeyAuthentication<ExecLogin>(leg, time)
{
    /// <summary>Why the last request was refused, for the log; null: none was.</summary>
    public string? LastProblem { get; private set; }

    protected override async Task<bool> AcceptsAsync(PublicKeyRequest request)
    {
        if (PresentedBy(request) is not { } presented)
        {
            return false;
        }
        // Everybody knows the CA's public key: without its signature a certificate must not tell which sessions exist.
        if (!await IsCertifiedAsync(presented).ConfigureAwait(false))
        {
            Refuse("the certificate is not signed by the CA that it names");
            return false;
        }
        return Admit(presented.Certificate!) is not null;
    }

    protected override async Task<ExecLogin?> VerifyAsync(PublicKeyRequest request)
    {
        if (PresentedBy(request) is not { } presented)
        {
            return null;
        }
        if (!IsForThisServer(request))
        {
            Refuse("the request is signed for another host key than the relay's");
            return null;
        }
        if (!await IsSignedAsync(request, presented, SecurityKeyFlags.UserPresent).ConfigureAwait(false))
        {
            Refuse("a signature is not valid");
            return null;
        }
        if (Admit(presented.Certificate!) is not { } session)
        {
            return null;
        }
        if (session.Refusal is { } sentence)
        {
            Refuse(sentence);
            await Leg.Output.SendAsync(SshWriter.Message(MessageNumber.UserAuthBanner).WriteString(sentence + "\r\n").WriteString("en").ToArray()).ConfigureAwait(false);
            return null;
        }
        return new ExecLogin(session, presented.Certificate!, connectionId);
    }

    private PresentedKey? PresentedBy(PublicKeyRequest request)
    {
        try
        {
            if (request.Algorithm is { IsCertificate: true } algorithm)
            {
                return PresentedKey.Parse(algorithm, request.KeyBlob);
            }
            Refuse("only certificates are accepted");
        }
        catch (SshFormatException malformed)
        {
            Refuse($"the certificate cannot be used: {malformed.Message}");
        }
        return null;
    }

    private ExecSession? Admit(SshCertificate certificate)
    {
        if (Lookup() is not { } session)
        {
            Refuse("the relay has no such session");
            return null;
        }
        if (GatewayCertificateRules.FindProblem(certificate, session, userCAs(), Time.GetUtcNow()) is { } problem)
        {
            Refuse($"the {certificate} {problem}");
            return null;
        }
        return session;
    }

    private ExecSession? Lookup()
    {
        Span<char> sessionId = stackalloc char[SessionNames.MaxSessionId];
        return User!.Length <= SessionNames.MaxSessionId
            && Ascii.ToUtf16(User, sessionId, out int length) == OperationStatus.Done
            && table.TryGet(sessionId[..length], out ExecSession? session)
            ? session
            : null;
    }

    private void Refuse(string problem)
    {
        LastProblem = problem;
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.Refused(logger, connectionId, Leg.Socket.RemoteEndPoint, PeerText.OneLine(UserName), PeerText.OneLine(problem));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Connection {Connection} from {Client} (user \"{UserName}\"): refused a login: {Reason}")]
        public static partial void Refused(ILogger logger, string connection, IPEndPoint client, string userName, string reason);
    }
}
