namespace SshGateway.Operator.Model;

/// <summary>One of a session's <c>status.conditions</c>.</summary>
internal sealed record SessionCondition
{
    /// <summary>The type of the condition that says whether logins work.</summary>
    public const string Ready = "Ready";

    /// <summary>The reason of Ready for a session whose id is another session's. It is read back from status.</summary>
    public const string SessionIdTaken = "SessionIDTaken";

    public string? Type { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public string? Status { get; init; }

    public long? ObservedGeneration { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
