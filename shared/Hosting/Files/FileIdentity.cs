namespace SshGateway.Hosting.Files;

/// <summary>Which file a path leads to at a moment, links followed, and in which version.</summary>
/// <param name="Inode">The file in it.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Modified">When its content changed last, in nanoseconds.</param>
internal sealed record FileIdentity(ulong Device, ulong Inode, ulong Size, long Modified)
{
    /// <summary>Null: the path leads nowhere, or it cannot be said where.</summary>
    public static FileIdentity? Find(string path) => LibC.TryStat(path, out FileStatus status) ? status.Identity : null;

    /// <summary>Whether it is the same file, in whatever version.</summary>
    public bool IsSameFile(FileIdentity? other) => other is not null && (Device, Inode) == (other.Device, other.Inode);
}
