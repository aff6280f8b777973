namespace SshGateway.Tests.Support.Deploy.Helm;

/// <summary>A release of the chart in a real cluster.</summary>
/// <param name="kubeconfig">Of somebody who may do everything there.</param>
/// <param name="always">Options of every install and upgrade, such as values that the cluster needs.</param>
internal sealed class HelmRelease(string kubeconfig, params string[] always)
{
    public const string Name = "ssh-gateway";
    public const string Namespace = "ssh-gateway";

    /// <summary>What starts helm, where it has to run in other namespaces of the machine.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    public Task<string> InstallAsync(string chart, params string[] options) => RunAsync(["install", Name, chart, "--create-namespace", .. always, .. options]);

    public Task<string> UpgradeAsync(string chart, params string[] options) => RunAsync(["upgrade", Name, chart, .. always, .. options]);

    public Task<string> RollbackAsync(int revision) => RunAsync(["rollback", Name, $"{revision}"]);

    public Task<string> UninstallAsync() => RunAsync(["uninstall", Name]);

    private Task<string> RunAsync(string[] arguments) => HelmProgram.RunAsync(Launcher, [.. arguments, "--namespace", Namespace, "--kubeconfig", kubeconfig]);
}
