namespace SshGateway.Tests.EndToEnd.Harness;

/// <summary>One directory for the keys, logs and manifests of all these tests; it goes with the last of them.</summary>
internal static class ScratchDirectory
{
    // Short: a unix socket's path must fit in 108 bytes.
    private static readonly Lazy<string> Root = new(() => Directory.CreateTempSubdirectory("sshgw-").FullName);
    private static int _next;

    public static string New(string name)
    {
        string path = Path.Combine(Root.Value, $"{Interlocked.Increment(ref _next):d3}-{name}");
        return Directory.CreateDirectory(path).FullName;
    }

    /// <summary>Once every process that writes there has ended.</summary>
    public static void Remove() => Directory.Delete(Root.Value, recursive: true);
}
