using System.Buffers;
using System.Net;
using System.Text;
using SshGateway.Feed;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Authentication;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Authentication;

/// <summary>
/// Authenticates the client against its session's keys: RFC 4252. Sessions that do not exist take exactly the path of
/// those that do, with no keys, so that nothing tells one from the other.
/// </summary>
internal sealed partial class ClientAuthentication(
    SshServerTransport leg, string connectionId, SessionTable table, RevokedKeys revokedKeys, Action<KeyRefusal> onRefused, TimeProvider time,
    ILogger<ClientAuthentication> logger) : PublicKeyAuthentication<AuthenticatedClient>(leg, time)
{
    // The longest that there is has 42 letters.
    private const int MaxAlgorithmShown = 64;

    /// <summary>The keys that were refused, whether or not another one was admitted then.</summary>
    public RefusedKeys Refused { get; } = new();

    /// <summary>Whether the last key that the client offered was refused.</summary>
    public bool IsLastRefused { get; private set; }

    /// <summary>Whether there is a session of that name; null: the client has named none.</summary>
    public bool? IsSessionKnown => User is null ? null : Refused.Decisive?.Problem.Reason != KeyRefusal.UnknownSession && Lookup() is not null;

    protected override async Task<bool> AcceptsAsync(PublicKeyRequest request)
    {
        if (PresentedBy(request) is not { } presented)
        {
            return false;
        }
        // A certificate that no CA has signed must not tell which sessions there are, though everybody knows the CA's
        // public key.
        if (!await IsCertifiedAsync(presented).ConfigureAwait(false))
        {
            Refuse(request, new KeyProblem(KeyRefusal.InvalidSignature, "is not signed by the CA that it names"), presented.Key.Fingerprint);
            return false;
        }
        return Admit(request, presented) is not null;
    }

    // The signature is verified first and the session looked up then, so that both take the same time for every session
    // id.
    protected override async Task<AuthenticatedClient?> VerifyAsync(PublicKeyRequest request)
    {
        if (PresentedBy(request) is not { } presented)
        {
            return null;
        }
        if (!IsForThisServer(request))
        {
            Refuse(request, new KeyProblem(KeyRefusal.OtherHostKey, "signed for another host key than the gateway's"), presented.Key.Fingerprint);
            return null;
        }
        bool valid = await IsSignedAsync(request, presented, UserCertificateRules.RequiredFlags(presented.Certificate)).ConfigureAwait(false);
        if (!valid)
        {
            Refuse(request, new KeyProblem(KeyRefusal.InvalidSignature, "came with a signature that is not valid"), presented.Key.Fingerprint);
        }
        return valid ? Admit(request, presented) : null;
    }

    private PresentedKey? PresentedBy(PublicKeyRequest request)
    {
        try
        {
            if (request.Algorithm is { } algorithm)
            {
                return PresentedKey.Parse(algorithm, request.KeyBlob);
            }
            Refuse(request, new KeyProblem(KeyRefusal.UnsupportedAlgorithm, "is of an algorithm that the gateway does not have"));
        }
        catch (SshFormatException malformed)
        {
            Refuse(request, new KeyProblem(KeyRefusal.MalformedKey, $"cannot be used: {LogText.Printable(malformed.Message)}"));
        }
        return null;
    }

    private AuthenticatedClient? Admit(PublicKeyRequest request, PresentedKey presented)
    {
        if (Lookup() is not { } entry)
        {
            Refuse(request, new KeyProblem(KeyRefusal.UnknownSession, "was offered for a session that does not exist"), presented.Key.Fingerprint);
            return null;
        }
        var client = new AuthenticatedClient(entry, presented.Key, Leg.Socket.RemoteEndPoint, presented.Certificate)
        {
            Identification = Leg.PeerIdentification,
            ConnectionId = connectionId,
            RevokedKeys = revokedKeys,
        };
        KeyProblem? problem = client.FindProblem(entry, Time.GetUtcNow());
        if (problem is null)
        {
            IsLastRefused = false;
            return client;
        }
        Refuse(request, problem, presented.Key.Fingerprint, presented.Certificate);
        return null;
    }

    /// <param name="request">What is refused.</param>
    /// <param name="problem">Why.</param>
    /// <param name="fingerprint">Of the key in it; null: none could be read.</param>
    /// <param name="certificate">The certificate of that key, whose signature is good.</param>
    private void Refuse(PublicKeyRequest request, KeyProblem problem, string? fingerprint = null, SshCertificate? certificate = null)
    {
        ReadOnlySpan<byte> name = request.AlgorithmName;
        string type = LogText.Printable(Encoding.ASCII.GetString(name[..Math.Min(name.Length, MaxAlgorithmShown)]));
        fingerprint ??= SshPublicKey.FingerprintOf(request.KeyBlob);
        IsLastRefused = true;
        Refused.Add(new RefusedKey(type, fingerprint, problem, certificate is null ? null : LogText.Printable(certificate.ToString())));
        onRefused(problem.Reason);
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.KeyRefused(
                logger, connectionId, Leg.Socket.RemoteEndPoint, LogText.Printable(UserName), type, fingerprint, $"{(certificate is null ? "it" : "its certificate")} {problem.Description}");
        }
    }

    private SessionEntry? Lookup()
    {
        Span<char> sessionId = stackalloc char[SessionNames.MaxSessionId];
        return User!.Length <= SessionNames.MaxSessionId
            && Ascii.ToUtf16(User, sessionId, out int length) == OperationStatus.Done
            && table.TryGet(sessionId[..length], out SessionEntry? entry)
            ? entry
            : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Connection {Connection} from {Client} (user \"{UserName}\"): refused key {Algorithm} {Fingerprint}: {Reason}")]
        public static partial void KeyRefused(ILogger logger, string connection, IPEndPoint client, string userName, string algorithm, string fingerprint, string reason);
    }
}
