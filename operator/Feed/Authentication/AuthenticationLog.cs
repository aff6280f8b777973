using System.Net;

namespace SshGateway.Operator.Feed.Authentication;

internal static partial class AuthenticationLog
{
    [LoggerMessage(1, LogLevel.Warning, "Refused to feed {Peer}: {Sentence} ({Fault})")]
    public static partial void Refused(ILogger logger, IPEndPoint peer, TokenFault fault, string sentence);

    [LoggerMessage(2, LogLevel.Warning, "The keys for the proxies' tokens cannot be read: {Problem}")]
    public static partial void KeysUnreadable(ILogger logger, string problem);
}
