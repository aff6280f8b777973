namespace SshGateway.Operator.Model;

/// <summary>Where ClaudeSessions and Pods come from.</summary>
internal interface IClusterSource
{
    /// <summary>
    /// All objects, again whenever one changed. The first are yielded when everything that exists has been read;
    /// a reader that is slower than the changes sees the latest ones only.
    /// </summary>
    IAsyncEnumerable<ClusterObjects> ReadAsync(CancellationToken cancellationToken);
}
