namespace SshGateway.Proxy.Feed;

/// <summary>How a table was brought into step with an operator: a closed list, for the metric.</summary>
internal enum SyncCause
{
    /// <summary>The first table of this process.</summary>
    First,

    /// <summary>What had changed since was sent.</summary>
    Changes,

    /// <summary>Another operator, or the same one after a restart, had the same table: nothing was sent.</summary>
    EqualHash,

    /// <summary>The whole table, for an operator of another epoch had another one.</summary>
    NewEpoch,

    /// <summary>The whole table, for the operator did not remember as far back.</summary>
    HistoryTooShort,

    /// <summary>The whole table, for the stream before was cut in the middle of a snapshot or of changes.</summary>
    Interrupted,

    /// <summary>The whole table, for the one that was here turned out to be wrong.</summary>
    HashMismatch,
}
