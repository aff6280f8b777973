using SshGateway.Feed;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The summary for people.</summary>
internal static class SessionPhases
{
    /// <param name="wasReady">Whether logins have gone to this pod before.</param>
    public static string Find(string reason, bool wasReady) => reason switch
    {
        ReadyReasons.EndpointReady => "Ready",
        ReadyReasons.WaitingForPod or ReadyReasons.PodNotFound => "Pending",
        ReadyReasons.PodNotReady => wasReady ? "NotReady" : "Starting",
        ReadyReasons.PodTerminating or ReadyReasons.SessionTerminating or ReadyReasons.Draining => "Draining",
        ReadyReasons.PodFailed or ReadyReasons.AccessDisabled or ReadyReasons.Expired => "Ended",
        ReadyReasons.Conflict or ReadyReasons.SessionIdTaken => "Conflict",
        _ => "Invalid",
    };
}
