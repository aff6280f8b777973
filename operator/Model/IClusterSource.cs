namespace SshGateway.Operator.Model;

/// <summary>Where ClaudeSessions and Pods come from.</summary>
internal interface IClusterSource
{
    /// <summary>
    /// The first changes are everything that exists, yielded when all of it has been read. Then what has changed since:
    /// a reader that is slower than the changes gets many of them at once, of each object the latest.
    /// </summary>
    IAsyncEnumerable<ClusterChanges> ReadAsync(CancellationToken cancellationToken);
}
