using System.Globalization;

namespace SshGateway.Proxy.Recording;

/// <summary>Where recordings are written, and whether they can be. Used by one thread at a time.</summary>
/// <param name="path">A directory.</param>
/// <param name="minFreeSpace">Bytes that stay free on its file system.</param>
internal sealed class RecordingDirectory(string path, long minFreeSpace, TimeProvider time)
{
    // A file system is not asked at each write.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private long? _askedAt;

    public string Path => path;

    /// <summary>Finds out whether a file can be made and written.</summary>
    /// <exception cref="IOException">It cannot.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not.</exception>
    public void Try()
    {
        // Several proxies may share the directory.
        string file = System.IO.Path.Combine(path, $".sshgateway-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllBytes(file, [0]);
        }
        finally
        {
            File.Delete(file);
        }
        _askedAt = null;
        CheckSpace();
    }

    /// <exception cref="IOException">There is too little.</exception>
    public void CheckSpace()
    {
        if (_askedAt is { } asked && time.GetElapsedTime(asked) < Interval)
        {
            return;
        }
        long free = new DriveInfo(path).AvailableFreeSpace;
        if (free < minFreeSpace)
        {
            _askedAt = null;
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture, $"{path} has {free} bytes free, and Proxy:RecordingMinFreeSpace is {minFreeSpace}"));
        }
        _askedAt = time.GetTimestamp();
    }
}
