using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>Which pod is a session's, if one is.</summary>
/// <param name="Pod">The pod when <paramref name="Reason"/> is Bound, else null.</param>
/// <param name="Ready">What the binding says about logins when there is no pod.</param>
internal sealed record PodBinding(Pod? Pod, BindingReason Reason, ReadyReason Ready)
{
    public static readonly PodBinding WaitingForPod = new(null, BindingReason.PodNotFound, ReadyReason.WaitingForPod);
    public static readonly PodBinding PodNotFound = new(null, BindingReason.PodNotFound, ReadyReason.PodNotFound);
    public static readonly PodBinding MultiplePods = new(null, BindingReason.MultiplePods, ReadyReason.Conflict);
    public static readonly PodBinding LabelMismatch = new(null, BindingReason.LabelMismatch, ReadyReason.PodNotFound);
    public static readonly PodBinding UidMismatch = new(null, BindingReason.UIDMismatch, ReadyReason.PodNotFound);
    public static readonly PodBinding ClaimedByOther = new(null, BindingReason.ClaimedByOther, ReadyReason.Conflict);

    public static PodBinding To(Pod pod) => new(pod, BindingReason.Bound, ReadyReason.EndpointReady);
}

/// <summary>Whether a pod is the session's: the reasons of the PodBound condition.</summary>
internal enum BindingReason
{
    Bound,
    PodNotFound,
    MultiplePods,
    LabelMismatch,
    UIDMismatch,
    ClaimedByOther,
}
