namespace SshGateway.Tests.EndToEnd.Harness;

/// <summary>One directory per test process that holds its keys, logs and manifests; removed when the process ends.</summary>
internal static class ScratchDirectory
{
    private static readonly Lazy<string> Root = new(Make);
    private static int _next;

    public static string New(string name)
    {
        string path = Path.Combine(Root.Value, $"{Interlocked.Increment(ref _next):d3}-{name}");
        return Directory.CreateDirectory(path).FullName;
    }

    private static string Make()
    {
        // Short: a unix socket's path must fit in 108 bytes.
        string path = Directory.CreateTempSubdirectory("sshgw-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(path);
        return path;
    }

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (IOException)
        {
            // A process that is just ending may still write its log.
        }
    }
}
