namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>What to do after a watch.</summary>
internal enum WatchEnd
{
    /// <summary>Watch on, at once: the server ended it as it was told to.</summary>
    Continue,

    /// <summary>Leave the server alone for a while, then watch on from the same version: never list, or a server that comes back meets everyone's lists at once.</summary>
    BackOff,

    /// <summary>List at once: the history that the watch needs is gone.</summary>
    Relist,

    /// <summary>List at once, from etcd: somebody waits for what a quiet watch does not tell.</summary>
    CatchUp,

    /// <summary>Leave the server alone for a while, then list: the collection is not there, or not ours to read.</summary>
    BackOffAndRelist,
}
