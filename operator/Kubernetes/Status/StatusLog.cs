using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Status;

internal static partial class StatusLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Session}: wrote the status, phase {Phase}")]
    public static partial void Written(ILogger logger, ObjectKey session, string? phase);

    [LoggerMessage(3, LogLevel.Warning, "{Session}: cannot write the status: {Problem}. Retrying until it succeeds, first in {Delay:0.0} s")]
    public static partial void Failed(ILogger logger, ObjectKey session, string problem, double delay);

    [LoggerMessage(4, LogLevel.Error, "{Session}: cannot compute the status. Retrying when the session or its pod changes. Please report this defect of the gateway")]
    public static partial void Faulty(ILogger logger, ObjectKey session, Exception exception);
}
