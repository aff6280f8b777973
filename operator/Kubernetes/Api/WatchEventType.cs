namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>What a line of a watch says.</summary>
internal enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing happened up to this version.</summary>
    Bookmark,

    /// <summary>The watch is over, and a Status says why.</summary>
    Error,
}
