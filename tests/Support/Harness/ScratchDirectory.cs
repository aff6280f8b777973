namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// One directory for the keys, logs and manifests of all these tests; it goes with the last of them, or with the
/// process.
/// </summary>
internal static class ScratchDirectory
{
    // Short: a unix socket's path must fit in 108 bytes.
    private static readonly Lazy<string> Root = new(Create);
    private static int _next;

    public static string New(string name)
    {
        string path = Path.Combine(Root.Value, $"{Interlocked.Increment(ref _next):d3}-{name}");
        return Directory.CreateDirectory(path).FullName;
    }

    /// <summary>Once every process that writes there has ended.</summary>
    public static void Remove() => Directory.Delete(Root.Value, recursive: true);

    // Tests of other collections than the one that removes it may be all that runs.
    private static string Create()
    {
        string root = Directory.CreateTempSubdirectory("sshgw-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (Directory.Exists(root))
            {
                Directory.Delete(root, recursive: true);
            }
        };
        return root;
    }
}
