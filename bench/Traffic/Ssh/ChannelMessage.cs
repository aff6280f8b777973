namespace SshGateway.Bench.Traffic.Ssh;

/// <summary>Message numbers of channels, RFC 4254 section 9, which the gateway itself never looks at.</summary>
internal static class ChannelMessage
{
    public const byte RequestFailure = 82;
    public const byte OpenConfirmation = 91;
    public const byte Data = 94;
    public const byte Close = 97;
    public const byte Request = 98;
    public const byte Success = 99;
}
