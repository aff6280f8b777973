using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Events;

internal static partial class EventsLog
{
    [LoggerMessage(1, LogLevel.Warning, "An event of {Session} could not be written, and is not tried again: {Problem}")]
    public static partial void Failed(ILogger logger, ObjectKey session, string problem);
}
