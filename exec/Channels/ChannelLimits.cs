namespace SshGateway.Exec.Channels;

/// <summary>Bounds of one connection's channels. What a client has not been granted ends its connection.</summary>
/// <param name="MaxChannels">Channels that may be open at once, those being opened or closed included.</param>
internal sealed record ChannelLimits(int MaxChannels)
{
    /// <summary>The largest data packet that a client may send: OpenSSH's too.</summary>
    public const int MaxPacket = 32 * 1024;

    /// <summary>The window of a channel: enough for 10 MB/s at 100 ms to the client.</summary>
    public const int Window = 1024 * 1024;

    /// <summary>The window of a channel of a connection that has many.</summary>
    public const int SmallWindow = 64 * 1024;

    /// <summary>What the windows of a connection add up to before new ones are small.</summary>
    public const int WindowBudget = 16 * Window;

    /// <summary>
    /// A client that takes less in a packet is refused: each packet costs a header and a cipher's start.
    /// </summary>
    public const int MinPeerPacket = 256;

    /// <summary>The largest data packet that is sent, if the client takes it.</summary>
    public const int MaxSentPacket = 32 * 1024;

    /// <summary>Channels that a client may open in each period: each costs requests to the API.</summary>
    public const int OpensPerPeriod = 200;

    /// <summary>Control characters that wait in a channel's input.</summary>
    public const int MaxInserted = 32;

    /// <inheritdoc cref="OpensPerPeriod"/>
    public static readonly TimeSpan OpenPeriod = TimeSpan.FromSeconds(10);
}
