namespace SshGateway.Bench.Scale;

/// <summary>All measurements of a run; seconds, MiB, and milliseconds in the percentiles.</summary>
internal sealed record ScaleResult
{
    public required int Sessions { get; init; }

    public required int Proxies { get; init; }

    public required int Cores { get; init; }

    public required ServerPart Alone { get; init; }

    public required StartPart Start { get; init; }

    public required SyncPart Sync { get; init; }

    public required ChangesPart Idle { get; init; }

    public required ChangesPart Busy { get; init; }

    public required SyncPart Resync { get; init; }

    public required BurstPart Burst { get; init; }

    public required EndPart End { get; init; }

    /// <summary>The same steady changes without an operator.</summary>
    /// <param name="PerSecond">How many a second they were.</param>
    /// <param name="ToAnswer">From the request until the API server answers it.</param>
    /// <param name="ToWatcher">From the request until the API server tells a bare watcher.</param>
    /// <param name="CoresBusy">What each program took meanwhile.</param>
    internal sealed record ServerPart(double PerSecond, Percentiles ToAnswer, Percentiles ToWatcher, IReadOnlyDictionary<string, double> CoresBusy);

    /// <summary>An operator, from its process's start.</summary>
    /// <param name="ListSeconds">Until sessions and pods have been listed.</param>
    /// <param name="SnapshotSeconds">Until a client of the feed has the whole table.</param>
    /// <param name="StatusSeconds">Until every session has its status.</param>
    /// <param name="ResidentMiB">The operator's memory when a client had the whole table.</param>
    /// <param name="PeakMiB">The most that it had until the last status was written.</param>
    internal sealed record StartPart(double ListSeconds, double SnapshotSeconds, double StatusSeconds, double ResidentMiB, double PeakMiB);

    /// <summary>All proxies, each of which gets the whole table.</summary>
    /// <param name="Seconds">Until the last one is in step.</param>
    /// <param name="OperatorCpuSeconds">What it cost the operator.</param>
    /// <param name="ResidentMiB">The operator's memory then.</param>
    /// <param name="PeakMiB">The most that it ever had.</param>
    internal sealed record SyncPart(double Seconds, double OperatorCpuSeconds, double ResidentMiB, double PeakMiB);

    /// <summary>As many sessions again or fewer, created at once, whose pods are there.</summary>
    /// <param name="Sessions">How many.</param>
    /// <param name="CreateSeconds">From the first request to the last answer.</param>
    /// <param name="TableSeconds">From the first request until all proxies have all of them.</param>
    /// <param name="StatusSeconds">From the first request until all have their status.</param>
    /// <param name="Entry">From the answer to a create until the entry is in all tables.</param>
    internal sealed record BurstPart(int Sessions, double CreateSeconds, double TableSeconds, double StatusSeconds, Percentiles Entry);

    /// <summary>Pods whose readiness changes, one after the other.</summary>
    /// <param name="Changes">How many.</param>
    /// <param name="PerSecond">How many a second they were; 0: each when the one before had arrived.</param>
    /// <param name="ToAnswer">From the request until the API server answers it.</param>
    /// <param name="ToWatcher">From the request until the API server tells a bare watcher.</param>
    /// <param name="FromWatcher">From there until the entry is in all tables.</param>
    /// <param name="ToTables">From the request until the entry is in all tables.</param>
    /// <param name="CoresBusy">What each program took until then.</param>
    /// <param name="OperatorMilliseconds">The operator's CPU time for each, until all status was written.</param>
    internal sealed record ChangesPart(
        int Changes, double PerSecond, Percentiles ToAnswer, Percentiles ToWatcher, Percentiles FromWatcher, Percentiles ToTables, IReadOnlyDictionary<string, double> CoresBusy,
        double OperatorMilliseconds);

    /// <summary>What is true at the end.</summary>
    /// <param name="Entries">Of the operator's table.</param>
    /// <param name="OtherTables">Proxies whose table has another count or hash than the operator's.</param>
    /// <param name="Faults">Tables that were found to be wrong on the way, and entries that could not be used.</param>
    internal sealed record EndPart(ulong Entries, int OtherTables, int Faults);
}
