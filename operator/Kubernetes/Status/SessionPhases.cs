using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The summary for people.</summary>
internal static class SessionPhases
{
    /// <param name="reason">The Ready condition's reason.</param>
    /// <param name="wasReady">Whether logins have gone to this pod before.</param>
    public static string Of(string reason, bool wasReady) => reason switch
    {
        nameof(ReadyReason.EndpointReady) => "Ready",
        nameof(ReadyReason.WaitingForPod) or nameof(ReadyReason.PodNotFound) => "Pending",
        nameof(ReadyReason.PodNotReady) => wasReady ? "NotReady" : "Starting",
        nameof(ReadyReason.PodTerminating) or nameof(ReadyReason.Draining) => "Draining",
        nameof(ReadyReason.PodFailed) or nameof(ReadyReason.AccessDisabled) or "Expired" => "Ended",
        nameof(ReadyReason.Conflict) or SessionCondition.SessionIdTaken => "Conflict",
        _ => "Invalid",
    };
}
