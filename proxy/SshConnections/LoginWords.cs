using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.SshConnections;

/// <summary>What a user reads during a login: sentences of the gateway's and banners of the pod's.</summary>
/// <param name="sendBanner">Takes banners for the user, as messages.</param>
internal sealed class LoginWords(string sessionId, Func<ReadOnlyMemory<byte>, ValueTask> sendBanner)
{
    private volatile bool _spokeLast;

    /// <summary>A message that shows a sentence to the user.</summary>
    public static byte[] WriteBanner(string sentence) => SshWriter.Message(MessageNumber.UserAuthBanner).WriteString(sentence + "\r\n").WriteString("en").ToArray();

    /// <summary>Tells the user a sentence.</summary>
    public ValueTask SayAsync(string sentence)
    {
        _spokeLast = true;
        return sendBanner(WriteBanner(sentence));
    }

    /// <summary>
    /// Relays a banner of the pod. Behind words of the gateway it is introduced as the pod's; alone it is what the user
    /// sees of a pod without a gateway.
    /// </summary>
    public async ValueTask RelayAsync(ReadOnlyMemory<byte> banner)
    {
        ReadOnlyMemory<byte> clean = PodBanner.Clean(banner);
        if (_spokeLast)
        {
            _spokeLast = false;
            await sendBanner(WriteBanner($"The pod of session {sessionId} says:")).ConfigureAwait(false);
        }
        await sendBanner(clean).ConfigureAwait(false);
    }
}
