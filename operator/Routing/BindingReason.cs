namespace SshGateway.Operator.Routing;

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
