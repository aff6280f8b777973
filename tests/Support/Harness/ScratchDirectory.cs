namespace SshGateway.Tests.Support.Harness;

/// <summary>One directory for the keys, logs and manifests of all these tests; it goes with the process.</summary>
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

    private static string Create()
    {
        string root = Directory.CreateTempSubdirectory("sshgw-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        return root;
    }
}
