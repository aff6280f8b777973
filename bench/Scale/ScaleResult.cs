namespace SshGateway.Bench.Scale;

/// <summary>All figures of a run; seconds, MiB, and milliseconds in the percentiles.</summary>
internal sealed record ScaleResult
{
    public required int Sessions { get; init; }

    public required int Cores { get; init; }

    /// <summary>From the process's start until sessions and pods have been listed.</summary>
    public required double ListSeconds { get; init; }

    /// <summary>From the process's start until a client of the feed has the whole table.</summary>
    public required double SnapshotSeconds { get; init; }

    /// <summary>From the process's start until every session has its status.</summary>
    public required double StatusSeconds { get; init; }

    /// <summary>The operator's memory when a client had the whole table.</summary>
    public required double ResidentMiB { get; init; }

    /// <summary>The most that the operator had until the last status was written.</summary>
    public required double PeakMiB { get; init; }

    public required BurstPart Burst { get; init; }

    public required ChangesPart Changes { get; init; }

    /// <summary>As many sessions again, created at once, whose pods are there.</summary>
    /// <param name="CreateSeconds">From the first request to the last answer.</param>
    /// <param name="TableSeconds">From the first request until the client of the feed has all of them.</param>
    /// <param name="StatusSeconds">From the first request until all have their status.</param>
    /// <param name="Entry">From the answer to a create until the entry is at the client.</param>
    internal sealed record BurstPart(double CreateSeconds, double TableSeconds, double StatusSeconds, Percentiles Entry);

    /// <summary>Pods that become not ready, one after the other.</summary>
    /// <param name="PerSecond">How many a second were asked for.</param>
    /// <param name="Achieved">How many a second they were.</param>
    /// <param name="Entry">From the request until the entry is at the client.</param>
    /// <param name="OperatorCores">What the operator took of a core meanwhile, status included.</param>
    internal sealed record ChangesPart(int PerSecond, double Achieved, Percentiles Entry, double OperatorCores);
}
