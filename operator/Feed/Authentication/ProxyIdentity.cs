namespace SshGateway.Operator.Feed.Authentication;

/// <summary>Who follows the feed, and until when that is proven.</summary>
internal sealed record ProxyIdentity(string Subject, DateTimeOffset ExpiresAt);
