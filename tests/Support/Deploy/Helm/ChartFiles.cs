using SshGateway.Tests.Support.Harness;
namespace SshGateway.Tests.Support.Deploy.Helm;

/// <summary>deploy/helm/ssh-gateway.</summary>
internal static class ChartFiles
{
    public static string Directory { get; } = Repository.File("deploy/helm/ssh-gateway");

    public static string LegacyValues { get; } = File("values-legacy-1.20.yaml");

    public static string KindValues { get; } = File("values-kind.yaml");

    public static string File(string name) => Path.Combine(Directory, name);

    /// <summary>A copy to change, with the files that links lead to.</summary>
    public static async Task<string> CopyAsync(TemporaryDirectory directory)
    {
        await Command.OutputAsync("cp", "-rL", Directory, directory.Path);
        return directory.File(Path.GetFileName(Directory));
    }
}
