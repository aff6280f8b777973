namespace SshGateway.Feed;

/// <summary>The reasons of a session's Ready condition and of a feed entry; both processes use this list.</summary>
internal static class ReadyReasons
{
    /// <summary>Whether there is no pod, and a login that waits asks for one.</summary>
    public static bool LacksPod(string reason) => reason is WaitingForPod or PodNotFound or Suspended;

    public const string EndpointReady = "EndpointReady";

    /// <summary>No pod carries the session's label yet.</summary>
    public const string WaitingForPod = "WaitingForPod";

    /// <summary>The named pod does not exist, is another incarnation, or is not labelled as the session's.</summary>
    public const string PodNotFound = "PodNotFound";

    /// <summary>
    /// The pod has no address yet, or its Ready condition is not True; with the backend Exec, its container is not
    /// ready.
    /// </summary>
    public const string PodNotReady = "PodNotReady";

    /// <summary>The pod is being deleted.</summary>
    public const string PodTerminating = "PodTerminating";

    /// <summary>The pod's containers have ended for good.</summary>
    public const string PodFailed = "PodFailed";

    /// <summary>The pod has no container of the name that <c>spec.exec.container</c> has.</summary>
    public const string ContainerMissing = "ContainerMissing";

    /// <summary>Two pods for the session, or the pod is another session's.</summary>
    public const string Conflict = "Conflict";

    /// <summary><c>spec.access</c> is Disabled.</summary>
    public const string AccessDisabled = "AccessDisabled";

    /// <summary><c>spec.access</c> is Draining.</summary>
    public const string Draining = "Draining";

    /// <summary><c>spec.suspend</c> is true: no login goes to a pod, whether there is one or not.</summary>
    public const string Suspended = "Suspended";

    /// <summary>The session is being deleted.</summary>
    public const string SessionTerminating = "SessionTerminating";

    /// <summary>No authorized key, or none of the pinned host keys, can be used.</summary>
    public const string InvalidKeys = "InvalidKeys";

    /// <summary>The spec breaks a rule of the schema.</summary>
    public const string InvalidSpec = "InvalidSpec";

    /// <summary>The pod's address may not be routed to, or belongs to another pod by now.</summary>
    public const string AddressRefused = "AddressRefused";

    /// <summary>The session has expired. In status only: a proxy goes by the entry's time.</summary>
    public const string Expired = "Expired";

    /// <summary>The pod showed another host key than the expected one. In status only.</summary>
    public const string HostKeyMismatch = "HostKeyMismatch";

    /// <summary>The session's id belongs to another session. In status only, and read back from it.</summary>
    public const string SessionIdTaken = "SessionIDTaken";
}
