using SshGateway.Feed;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>Which pod is a session's, if one is.</summary>
/// <param name="Pod">The pod when <paramref name="Reason"/> is Bound, else null.</param>
/// <param name="Ready">What the binding says about logins when there is no pod.</param>
internal sealed record PodBinding(Pod? Pod, string Reason, string Ready)
{
    public static readonly PodBinding WaitingForPod = new(null, BindingReasons.PodNotFound, ReadyReasons.WaitingForPod);
    public static readonly PodBinding PodNotFound = new(null, BindingReasons.PodNotFound, ReadyReasons.PodNotFound);
    public static readonly PodBinding MultiplePods = new(null, BindingReasons.MultiplePods, ReadyReasons.Conflict);
    public static readonly PodBinding LabelMismatch = new(null, BindingReasons.LabelMismatch, ReadyReasons.PodNotFound);
    public static readonly PodBinding UidMismatch = new(null, BindingReasons.UidMismatch, ReadyReasons.PodNotFound);
    public static readonly PodBinding ClaimedByOther = new(null, BindingReasons.ClaimedByOther, ReadyReasons.Conflict);

    public static PodBinding Bind(Pod pod) => new(pod, BindingReasons.Bound, ReadyReasons.EndpointReady);
}
