namespace SshGateway.Hosting.Files;

/// <summary>What the kernel says of a file.</summary>
internal readonly record struct FileStatus(ushort Mode, FileIdentity Identity)
{
    // <linux/stat.h>
    private const ushort TypeMask = 0xF000;
    private const ushort Regular = 0x8000;

    public bool IsRegular => (Mode & TypeMask) == Regular;
}
