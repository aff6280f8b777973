namespace SshGateway.Feed;

/// <summary>
/// Whether a pod is the session's: the reasons of the PodBound condition, and causes of a feed entry. Operators write
/// them and proxies compare them, so they are one list.
/// </summary>
public static class BindingReasons
{
    public const string Bound = "Bound";
    public const string PodNotFound = "PodNotFound";
    public const string MultiplePods = "MultiplePods";
    public const string LabelMismatch = "LabelMismatch";
    public const string UidMismatch = "UIDMismatch";
    public const string ClaimedByOther = "ClaimedByOther";
}
