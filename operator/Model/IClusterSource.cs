namespace SshGateway.Operator.Model;

/// <summary>Where ClaudeSessions and Pods come from.</summary>
internal interface IClusterSource
{
    /// <summary>
    /// The first changes are everything that exists, yielded when all of it has been read. Then what has changed since:
    /// a reader that is slower than the changes gets many of them at once, of each object the latest.
    /// </summary>
    IAsyncEnumerable<ClusterChanges> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Somebody waits for these versions: find out whether there is more to read or nothing new.</summary>
    void CatchUp(ClusterVersions minimum);

    /// <summary>Why what was read may be out of date without anybody being told; null: it is not.</summary>
    string? Problem => null;
}
