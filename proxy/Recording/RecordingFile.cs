namespace SshGateway.Proxy.Recording;

/// <summary>A recording's file, which has another name until it is complete. Used by the writer alone.</summary>
/// <param name="name">Its name when it is complete.</param>
/// <param name="owner">The connection that it belongs to.</param>
internal sealed class RecordingFile(string name, ConnectionRecording owner)
{
    /// <summary>Behind the name of a recording that is not complete.</summary>
    public const string PartialSuffix = ".partial";

    private FileStream? _stream;

    public ConnectionRecording Owner => owner;

    public string Name => name;

    /// <summary>Nothing more is written into it.</summary>
    public bool IsClosed { get; private set; }

    /// <returns>Whether it was made by this call.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public bool Open(string directory)
    {
        bool isNew = _stream is null;
        _stream ??= Create(Path.Combine(directory, name + PartialSuffix));
        return isNew;
    }

    /// <summary>Adds to what is open.</summary>
    /// <inheritdoc cref="Open"/>
    public void Write(ReadOnlySpan<byte> bytes) => _stream!.Write(bytes);

    /// <summary>All of it has been written: what is there survives a crash, and gets its name.</summary>
    /// <inheritdoc cref="Open"/>
    public void Complete(string directory)
    {
        _stream!.Flush(flushToDisk: true);
        string path = Path.Combine(directory, name);
        File.Move(path + PartialSuffix, path);
        Abandon();
    }

    /// <summary>Leaves what there is.</summary>
    /// <returns>Whether it was open.</returns>
    public bool Abandon()
    {
        bool wasOpen = !IsClosed && _stream is not null;
        IsClosed = true;
        try
        {
            _stream?.Dispose();
        }
        catch (IOException)
        {
            // NFS may report once more what it could not write.
        }
        return wasOpen;
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions
        {
            // Never the file of another recording.
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            // It holds what people see: only the proxy's user may read it.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        return new FileStream(path, options);
    }
}
