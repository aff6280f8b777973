namespace SshGateway.Operator.Usage;

/// <summary>How a session is used, over all proxies.</summary>
/// <param name="Connections">Open connections.</param>
/// <param name="LastActivity">When one of them was last used; null: not within living memory.</param>
internal readonly record struct SessionUsage(long Connections, DateTimeOffset? LastActivity);
