namespace SshGateway.Hosting.Files;

/// <summary>What the kernel says of a file.</summary>
/// <param name="Mode">Its type and permissions.</param>
/// <param name="Identity">Which one it is.</param>
internal readonly record struct FileStatus(ushort Mode, FileIdentity Identity)
{
    // <linux/stat.h>
    private const ushort TypeMask = 0xF000;
    private const ushort Regular = 0x8000;

    public bool IsRegular => (Mode & TypeMask) == Regular;
}
