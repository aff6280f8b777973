using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Status;

internal static partial class StatusLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Session}: status written, phase {Phase}")]
    public static partial void Written(ILogger logger, ObjectKey session, string? phase);

    [LoggerMessage(3, LogLevel.Warning, "{Session}: cannot write the status: {Problem}; retrying until it succeeds, first in {Delay:0.0} s")]
    public static partial void Failed(ILogger logger, ObjectKey session, string problem, double delay);

    [LoggerMessage(4, LogLevel.Error, "{Session} made the gateway fail on its status, which is not written until the session or its pod changes. This is a fault of the gateway, to be reported")]
    public static partial void Faulty(ILogger logger, ObjectKey session, Exception exception);
}
