namespace SshGateway.Operator.Routing;

/// <summary>Why logins are routed or not: the reasons of the Ready condition that the objects alone decide.</summary>
internal enum ReadyReason
{
    EndpointReady,

    /// <summary>No pod carries the session's label yet.</summary>
    WaitingForPod,

    /// <summary>The pod that the session names does not exist, is another incarnation, or is not labelled as the session's.</summary>
    PodNotFound,

    /// <summary>The pod has no address yet, or its Ready condition is not True.</summary>
    PodNotReady,

    /// <summary>The pod is being deleted.</summary>
    PodTerminating,

    /// <summary>The pod's containers have ended for good.</summary>
    PodFailed,

    /// <summary>Two pods for the session, or the pod is another session's.</summary>
    Conflict,

    /// <summary><c>spec.access</c> is Disabled.</summary>
    AccessDisabled,

    /// <summary><c>spec.access</c> is Draining.</summary>
    Draining,

    /// <summary>No authorized key, or none of the pinned host keys, can be used.</summary>
    InvalidKeys,

    /// <summary>The spec breaks a rule of the schema.</summary>
    InvalidSpec,

    /// <summary>The pod's address may not be routed to, or belongs to another pod by now.</summary>
    AddressRefused,
}
