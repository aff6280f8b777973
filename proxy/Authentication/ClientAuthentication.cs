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
    SshServerTransport leg, SessionTable table, RevokedKeys revokedKeys, TimeProvider time,
    ILogger<ClientAuthentication> logger)
{
    private static readonly byte[] Failure =
        SshWriter.Message(MessageNumber.UserAuthFailure).WriteNameList(["publickey"]).WriteBoolean(false).ToArray();

    private byte[]? _user;
    private int _queries;
    private int _failures;
    private int _otherRequests;
    private int _repeatedServiceRequests;

    /// <summary>The user name that the client gave, for the log; empty before its first request.</summary>
    public string UserName => _user is null ? "" : Encoding.ASCII.GetString(_user);

    /// <summary>Why the last certificate or revoked key was refused, for the log; null: none, or it is in.</summary>
    public string? CertificateRefusal { get; private set; }

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
            && (presented.Certificate is null || await CryptoScheduler.RunAsync(leg.Socket.Loop, presented.Certificate.IsQuick, presented.Certificate.IsSigned).ConfigureAwait(false))
            && Admit(request, presented) is not null)
        {
            await leg.Output.SendAsync(
                SshWriter.Message(MessageNumber.UserAuthPublicKeyOk).WriteString(request.AlgorithmName).WriteString(request.KeyBlob).ToArray())
                .ConfigureAwait(false);
            return;
        }
        await RefuseAsync(receivedAt).ConfigureAwait(false);
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
            LogRefusal(request, "the request names another host key than the gateway's");
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
            LogRefusal(request, "the signature is not valid");
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
            LogRefusal(request, "the gateway does not have this algorithm");
        }
        catch (SshFormatException malformed)
        {
            LogRefusal(request, malformed.Message);
        }
        return null;
    }

    private AuthenticatedClient? Admit(PublicKeyRequest request, PresentedKey presented)
    {
        if (Lookup() is not { } entry)
        {
            LogRefusal(request, "there is no such session");
            return null;
        }
        var client = new AuthenticatedClient(entry, presented.Key, leg.Socket.RemoteEndPoint, presented.Certificate)
        {
            Identification = leg.PeerIdentification,
            RevokedKeys = revokedKeys,
        };
        string? problem = client.FindProblem(entry, time.GetUtcNow());
        if (problem is null)
        {
            CertificateRefusal = null;
            return client;
        }
        if (presented.Certificate is { } certificate)
        {
            CertificateRefusal = $"The {certificate} {problem}.";
        }
        else if (client.FindRevocation(entry) is not null)
        {
            CertificateRefusal = $"The key {presented.Key.Fingerprint} {problem}.";
        }
        LogRefusal(request, problem, presented.Certificate is null ? "it " : "its certificate ");
        return null;
    }

    private void LogRefusal(PublicKeyRequest request, string reason, string subject = "")
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            string algorithm = LogText.Printable(Encoding.ASCII.GetString(request.AlgorithmName));
            Log.KeyRefused(logger, leg.Socket.RemoteEndPoint, LogText.Printable(UserName), algorithm, SshPublicKey.FingerprintOf(request.KeyBlob), subject + reason);
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
        [LoggerMessage(1, LogLevel.Debug, "Connection from {Client} (user \"{UserName}\"): refused key {Algorithm} {Fingerprint}: {Reason}")]
        public static partial void KeyRefused(ILogger logger, IPEndPoint client, string userName, string algorithm, string fingerprint, string reason);
    }
}
