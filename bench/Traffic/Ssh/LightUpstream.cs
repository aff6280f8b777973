using System.Net;
using System.Net.Sockets;
using SshGateway.Ssh.Authentication;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Traffic.Ssh;

/// <summary>
/// An SSH server without processes, so that the gateway is what a run waits for: verifies the login's signatures as
/// sshd does, and sends back what comes on a channel.
/// </summary>
internal static class LightUpstream
{
    // More than any run sends on one channel.
    private const uint Window = 1 << 30;
    private const uint MaxData = 32768;

    /// <summary>Listens on one port of several addresses, one for each pod, and never returns.</summary>
    public static Task RunAsync(int port, string hostKeyFile, string keyExchange, IEnumerable<IPAddress> addresses)
    {
        var hostKeys = new HostKeySet([OpenSshKeyFile.Parse(File.ReadAllBytes(hostKeyFile), hostKeyFile)]);
        return Listeners.RunAsync(port, addresses, client => ServeAsync(client, hostKeys, Algorithms.Offer(keyExchange)));
    }

    private static async Task ServeAsync(Socket client, HostKeySet hostKeys, KexOffer offer)
    {
        await using var leg = new SshServerTransport(new AsyncSocket(client), offer, hostKeys, new RekeyLimits(null), TimeProvider.System);
        try
        {
            await leg.HandshakeAsync();
            await leg.ReceiveAsync();
            await leg.Output.SendAsync(SshWriter.Message(MessageNumber.ServiceAccept).WriteString("ssh-userauth").ToArray());
            while (!IsGood(leg, (await leg.ReceiveAsync()).Payload))
            {
                await leg.Output.SendAsync(SshWriter.Message(MessageNumber.UserAuthFailure).WriteNameList(["publickey"]).WriteBoolean(false).ToArray());
            }
            leg.EnterRelaying();
            await leg.Output.SendAsync(new[] { MessageNumber.UserAuthSuccess });
            while (true)
            {
                if (Answer((await leg.ReceiveAsync()).Payload) is { } answer)
                {
                    await leg.Output.SendAsync(answer);
                }
            }
        }
        catch (Exception end) when (end is PeerGoneException or PeerDisconnectedException)
        {
            // The client has gone, which is how every connection here ends.
        }
    }

    private static bool IsGood(SshServerTransport leg, ReadOnlySpan<byte> payload)
    {
        UserAuthRequest head = UserAuthRequest.Parse(payload);
        if (!head.Method.SequenceEqual("publickey"u8))
        {
            return false;
        }
        PublicKeyRequest request = PublicKeyRequest.Parse(payload, head.MethodFields, hostbound: false);
        if (request.Signature is null)
        {
            return false;
        }
        byte[] signed = new SshWriter().WriteString(leg.SshSessionId).WriteBytes(request.SignedPart).ToArray();
        SignatureAlgorithm algorithm = SignatureAlgorithm.OfKeyType(SshKeyTypes.Ed25519).First();
        return request.Algorithm is { IsCertificate: true }
            ? CertifiedKey(request.KeyBlob) is { } certified && SignatureVerifier.Verify(certified, algorithm, request.Signature, signed)
            : SignatureVerifier.Verify(SshPublicKey.Parse(request.KeyBlob), algorithm, request.Signature, signed);
    }

    // OpenSSH PROTOCOL.certkeys. Whose signature it has is no question here; that there is a good one is.
    private static SshPublicKey? CertifiedKey(ReadOnlySpan<byte> certificate)
    {
        var reader = new SshReader(certificate);
        reader.ReadString();
        reader.ReadString();
        ReadOnlySpan<byte> key = reader.ReadString();
        reader.ReadUInt64();
        reader.ReadUInt32();
        reader.ReadString();
        reader.ReadString();
        reader.ReadUInt64();
        reader.ReadUInt64();
        reader.ReadString();
        reader.ReadString();
        reader.ReadString();
        SshPublicKey authority = SshPublicKey.Parse(reader.ReadString());
        ReadOnlySpan<byte> signed = certificate[..^reader.Remaining];
        return SignatureVerifier.Verify(authority, SignatureAlgorithm.OfKeyType(authority.Type).First(), reader.ReadString(), signed)
            ? SshPublicKey.Parse(new SshWriter().WriteString(SshKeyTypes.Ed25519).WriteString(key).Written)
            : null;
    }

    private static byte[]? Answer(ReadOnlySpan<byte> message)
    {
        var reader = new SshReader(message[1..]);
        switch (message[0])
        {
            case MessageNumber.ChannelOpen:
                reader.ReadString();
                uint sender = reader.ReadUInt32();
                return SshWriter.Message(ChannelMessage.OpenConfirmation).WriteUInt32(sender).WriteUInt32(sender).WriteUInt32(Window).WriteUInt32(MaxData).ToArray();
            case ChannelMessage.Request:
                return SshWriter.Message(ChannelMessage.Success).WriteUInt32(reader.ReadUInt32()).ToArray();
            case ChannelMessage.Data:
                return message.ToArray();
            case MessageNumber.GlobalRequest:
                reader.ReadString();
                return reader.ReadBoolean() ? [ChannelMessage.RequestFailure] : null;
            default:
                return null;
        }
    }
}
