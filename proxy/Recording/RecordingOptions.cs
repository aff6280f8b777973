namespace SshGateway.Proxy.Recording;

/// <summary>How recordings are kept; docs/configuration.md describes each value.</summary>
internal sealed record RecordingOptions
{
    /// <summary>Empty: this proxy records nothing.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether a connection goes on that cannot be recorded.</summary>
    public bool ContinueOnFailure { get; init; }

    /// <summary>Whether what users type is recorded.</summary>
    public bool RecordInput { get; init; }

    /// <summary>Bytes after which a recording goes on in another file.</summary>
    public long MaxFileSize { get; init; } = 256 * 1024 * 1024;

    /// <summary>Bytes that recordings leave free on their file system.</summary>
    public long MinFreeSpace { get; init; }

    /// <summary>How long one write may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
