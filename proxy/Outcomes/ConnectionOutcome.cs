using System.Diagnostics.CodeAnalysis;

namespace SshGateway.Proxy.Outcomes;

/// <summary>How a connection ended.</summary>
/// <param name="Detail">What was wrong, if anything, for the log.</param>
internal sealed record ConnectionOutcome(ConnectionEnd End, string? Detail = null);

/// <summary>Why a client gets no further.</summary>
/// <param name="Sentence">What its user reads: what happened, and what to do.</param>
/// <param name="Detail">More for the log: addresses, fingerprints.</param>
internal sealed record Refusal(ConnectionEnd End, string Sentence, string? Detail = null)
{
    /// <summary>Whether the same attempt may succeed when it is repeated at once.</summary>
    public bool CanRetry { get; init; }

    public ConnectionOutcome Outcome => new(End, Detail ?? Sentence);
}

/// <summary>A value, or why there is none.</summary>
internal readonly record struct Result<T>(T? Value, Refusal? Refusal)
    where T : class
{
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsSuccess => Refusal is null;

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Refusal refusal) => new(null, refusal);
}
