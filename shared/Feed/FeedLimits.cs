namespace SshGateway.Feed;

/// <summary>Bounds of the feed that both ends keep.</summary>
internal static class FeedLimits
{
    /// <summary>The largest message, in either direction: what gRPC libraries accept by default.</summary>
    public const int MaxMessageBytes = 4 * 1024 * 1024;
}
