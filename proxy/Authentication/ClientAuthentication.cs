using System.Buffers;
using System.Net;
using System.Text;
using SshGateway.Feed;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;
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
    ILogger<ClientAuthentication> logger)
{
    // The longest that there is has 42 letters.
    private const int MaxAlgorithmShown = 64;

    private static readonly byte[] Failure =
        SshWriter.Message(MessageNumber.UserAuthFailure).WriteNameList(["publickey"]).WriteBoolean(false).ToArray();

    private byte[]? _user;
    private int _queries;
    private int _failures;
    private int _otherRequests;
    private int _repeatedServiceRequests;

    /// <summary>The user name that the client gave, for the log; empty before its first request.</summary>
    public string UserName => _user is null ? "" : Encoding.ASCII.GetString(_user);

    /// <summary>The keys that were refused, whether or not another one was admitted then.</summary>
    public RefusedKeys Refused { get; } = new();

    /// <summary>Whether the last key that the client offered was refused.</summary>
    public bool IsLastRefused { get; private set; }

    /// <summary>Whether there is a session of that name; null: the client has named none.</summary>
    public bool? IsSessionKnown => _user is null ? null : Refused.Decisive?.Problem.Reason != KeyRefusal.UnknownSession && Lookup() is not null;

    /// <summary>Runs until a key of the session has made a verified signature. That is not answered yet.</summary>
    /// <returns>Null: the client has used up its attempts.</returns>
    /// <exception cref="SshProtocolException">The client broke the protocol.</exception>
    public async Task<AuthenticatedClient?> RunAsync()
    {
        await AcceptServiceAsync(await leg.ReceiveAsync().ConfigureAwait(false)).ConfigureAwait(false);
        while (true)
        {
            InboundPacket packet = await leg.ReceiveAsync().ConfigureAwait(false);
            long receivedAt = time.GetTimestamp();
            if (packet.Number == MessageNumber.ServiceRequest)
            {
                if (++_repeatedServiceRequests > AuthenticationLimits.RepeatedServiceRequests)
                {
                    return null;
                }
                await AcceptServiceAsync(packet).ConfigureAwait(false);
                continue;
            }
            if (ReadRequest(packet.Payload) is not { } request)
            {
                if (++_otherRequests > AuthenticationLimits.OtherRequests)
                {
                    return null;
                }
                await leg.Output.SendAsync(Failure).ConfigureAwait(false);
                continue;
            }
            if (request.Signature is null)
            {
                if (++_queries > AuthenticationLimits.Queries)
                {
                    return null;
                }
                await AnswerQueryAsync(request, receivedAt).ConfigureAwait(false);
                continue;
            }
            if (await VerifyAsync(request).ConfigureAwait(false) is { } client)
            {
                return client;
            }
            if (++_failures > AuthenticationLimits.Failures)
            {
                return null;
            }
            await RefuseAsync(receivedAt).ConfigureAwait(false);
        }
    }

    private async Task AcceptServiceAsync(InboundPacket packet)
    {
        CheckServiceRequest(packet.Payload);
        await leg.Output.SendAsync(SshWriter.Message(MessageNumber.ServiceAccept).WriteString("ssh-userauth").ToArray()).ConfigureAwait(false);
    }

    private static void CheckServiceRequest(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload);
        if (reader.ReadByte() != MessageNumber.ServiceRequest)
        {
            throw new SshProtocolException($"message {payload[0]} before authentication");
        }
        if (!reader.ReadString().SequenceEqual("ssh-userauth"u8))
        {
            throw new SshProtocolException(DisconnectReason.ServiceNotAvailable, "the only service before authentication is ssh-userauth");
        }
        reader.End();
    }

    /// <summary>A publickey request, or null for any other method.</summary>
    private PublicKeyRequest? ReadRequest(ReadOnlySpan<byte> payload)
    {
        UserAuthRequest request = UserAuthRequest.Parse(payload);
        _user ??= request.User.ToArray();
        // RFC 4252 section 5 lets a client change them; a gateway that has chosen a session by the name must not.
        if (!request.User.SequenceEqual(_user) || !request.Service.SequenceEqual("ssh-connection"u8))
        {
            throw new SshProtocolException("the user name and the service cannot change within a connection");
        }
        bool hostbound = request.Method.SequenceEqual("publickey-hostbound-v00@openssh.com"u8);
        return hostbound || request.Method.SequenceEqual("publickey"u8) ? PublicKeyRequest.Parse(payload, request.MethodFields, hostbound) : null;
    }

    private async Task AnswerQueryAsync(PublicKeyRequest request, long receivedAt)
    {
        // A certificate that no CA has signed must not tell which sessions there are, though everybody knows the CA's
        // public key.
        if (PresentedBy(request) is { } presented
            && await IsCertifiedAsync(request, presented).ConfigureAwait(false)
            && Admit(request, presented) is not null)
        {
            await leg.Output.SendAsync(
                SshWriter.Message(MessageNumber.UserAuthPublicKeyOk).WriteString(request.AlgorithmName).WriteString(request.KeyBlob).ToArray())
                .ConfigureAwait(false);
            return;
        }
        await RefuseAsync(receivedAt).ConfigureAwait(false);
    }

    private async Task<bool> IsCertifiedAsync(PublicKeyRequest request, PresentedKey presented)
    {
        if (presented.Certificate is not { } certificate
            || await CryptoScheduler.RunAsync(leg.Socket.Loop, certificate.IsQuick, certificate.IsSigned).ConfigureAwait(false))
        {
            return true;
        }
        Refuse(request, new KeyProblem(KeyRefusal.InvalidSignature, "is not signed by the CA that it names"), presented.Key.Fingerprint);
        return false;
    }

    /// <summary>
    /// The decision: on the key (and its certificate) that made the signature, in this request, and on nothing that was
    /// asked or said before (CVE-2024-45337). The signature is verified first and the session looked up then, so that
    /// both take the same time for every session id.
    /// </summary>
    private async Task<AuthenticatedClient?> VerifyAsync(PublicKeyRequest request)
    {
        if (PresentedBy(request) is not { } presented)
        {
            return null;
        }
        if (request.HostKey is not null && !request.HostKey.AsSpan().SequenceEqual(leg.HostKey.Span))
        {
            Refuse(request, new KeyProblem(KeyRefusal.OtherHostKey, "signed for another host key than the gateway's"), presented.Key.Fingerprint);
            return null;
        }
        byte[] signedData = new SshWriter().WriteString(leg.SshSessionId).WriteBytes(request.SignedPart).ToArray();
        SecurityKeyFlags required = UserCertificateRules.RequiredFlags(presented.Certificate);
        bool isQuick = request.Algorithm!.Signature.IsQuick && presented.Certificate?.IsQuick != false;
        bool valid = await CryptoScheduler.RunAsync(leg.Socket.Loop, isQuick, () =>
            SignatureVerifier.Verify(presented.Key, request.Algorithm.Signature, request.Signature, signedData, required)
            && presented.Certificate?.IsSigned() != false).ConfigureAwait(false);
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
        var client = new AuthenticatedClient(entry, presented.Key, leg.Socket.RemoteEndPoint, presented.Certificate)
        {
            Identification = leg.PeerIdentification,
            ConnectionId = connectionId,
            RevokedKeys = revokedKeys,
        };
        KeyProblem? problem = client.FindProblem(entry, time.GetUtcNow());
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
                logger, connectionId, leg.Socket.RemoteEndPoint, LogText.Printable(UserName), type, fingerprint, $"{(certificate is null ? "it" : "its certificate")} {problem.Description}");
        }
    }

    private SessionEntry? Lookup()
    {
        Span<char> sessionId = stackalloc char[SessionNames.MaxSessionId];
        return _user!.Length <= SessionNames.MaxSessionId
            && Ascii.ToUtf16(_user, sessionId, out int length) == OperationStatus.Done
            && table.TryGet(sessionId[..length], out SessionEntry? entry)
            ? entry
            : null;
    }

    private async Task RefuseAsync(long receivedAt)
    {
        await RefusalClock.WaitAsync(receivedAt, time).ConfigureAwait(false);
        await leg.Output.SendAsync(Failure).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Connection {Connection} from {Client} (user \"{UserName}\"): refused key {Algorithm} {Fingerprint}: {Reason}")]
        public static partial void KeyRefused(ILogger logger, string connection, IPEndPoint client, string userName, string algorithm, string fingerprint, string reason);
    }
}
