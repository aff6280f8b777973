namespace SshGateway.Tests.Support.Harness;

/// <summary>A small ext4 file system of its own, which can stop answering.</summary>
internal sealed class LoopDisk : IAsyncDisposable
{
    private bool _isFrozen;

    private LoopDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    public static async Task<LoopDisk> MountAsync()
    {
        string image = System.IO.Path.Combine(ScratchDirectory.New("disk"), "image");
        using (FileStream file = File.Create(image))
        {
            file.SetLength(64 * 1024 * 1024);
        }
        await Command.OutputAsync("mkfs.ext4", "-q", image);
        string path = ScratchDirectory.New("mount");
        await Command.OutputAsync("mount", "-o", "loop", image, path);
        return new LoopDisk(path);
    }

    /// <summary>Each write to it waits until it is thawed.</summary>
    public async Task FreezeAsync()
    {
        await Command.OutputAsync("fsfreeze", "-f", Path);
        _isFrozen = true;
    }

    public async Task ThawAsync()
    {
        if (_isFrozen)
        {
            _isFrozen = false;
            await Command.OutputAsync("fsfreeze", "-u", Path);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ThawAsync();
        await Command.OutputAsync("umount", "-l", Path);
    }
}
