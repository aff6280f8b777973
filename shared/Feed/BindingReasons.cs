namespace SshGateway.Feed;

/// <summary>The reasons of the PodBound condition and causes of a feed entry; both processes use this list.</summary>
internal static class BindingReasons
{
    public const string Bound = "Bound";
    public const string PodNotFound = "PodNotFound";
    public const string MultiplePods = "MultiplePods";
    public const string LabelMismatch = "LabelMismatch";
    public const string UidMismatch = "UIDMismatch";
    public const string ClaimedByOther = "ClaimedByOther";
}
