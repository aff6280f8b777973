namespace SshGateway.Hosting;

/// <summary>What SIGHUP has read again.</summary>
internal interface IReloadable
{
    /// <summary>What it is, for the log.</summary>
    string Content { get; }

    /// <summary>Reads it now.</summary>
    /// <returns>Why it cannot be used, in which case the last good one stays; null: it can.</returns>
    string? Reload();
}
