namespace SshGateway.Operator.Routing;

/// <summary><c>spec.access</c>.</summary>
internal enum SessionAccess
{
    Enabled,

    /// <summary>No new logins.</summary>
    Draining,

    /// <summary>No new logins, and open ones are closed.</summary>
    Disabled,
}
