using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SshGateway.Tests.Kubernetes;

/// <summary>The kube-apiserver, etcd and kubectl of this machine, as scripts/cluster/build finds them.</summary>
internal sealed record KubernetesPrograms(string KubeApiServer, string Etcd, string Kubectl)
{
    private static readonly Lazy<(KubernetesPrograms? Programs, string? Problem)> Found = new(Find);

    /// <summary>Why they cannot be had; null when they can.</summary>
    public static string? Problem => Found.Value.Problem;

    public static KubernetesPrograms Here => Found.Value.Programs!;

    public static string Repository { get; } = Path.GetFullPath(Path.Combine(ThisFolder(), "..", ".."));

    private static (KubernetesPrograms? Programs, string? Problem) Find()
    {
        var start = new ProcessStartInfo(Path.Combine(Repository, "scripts", "cluster", "build"), ["--find"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            return (null, errors.Result.Trim().Split('\n')[^1]);
        }
        return (new KubernetesPrograms(Value("KUBE_APISERVER"), Value("ETCD"), Value("KUBECTL")), null);

        string Value(string name) => lines.First(line => line.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
    }

    private static string ThisFolder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
