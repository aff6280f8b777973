namespace SshGateway.Operator.Routing;

/// <summary>What a session's endpoint is good for.</summary>
internal enum EndpointState
{
    /// <summary>New logins go there.</summary>
    Ready,

    /// <summary>Bound, with an address, but not ready: logins wait.</summary>
    NotReady,

    /// <summary>Going away: no new logins, open ones live on.</summary>
    Draining,

    /// <summary>There is none.</summary>
    None,
}
