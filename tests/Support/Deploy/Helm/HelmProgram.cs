using System.Text.Json;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Support.Deploy.Helm;

/// <summary>The helm of this machine, as scripts/install-helm finds it.</summary>
internal static class HelmProgram
{
    private static readonly Lazy<(IReadOnlyDictionary<string, string>? Paths, string? Problem)> Found =
        new(() => ProgramScript.Find(Repository.File("scripts/install-helm")));

    /// <summary>Why it cannot be had; null when it can.</summary>
    public static string? Problem => Found.Value.Problem;

    public static string File => Found.Value.Paths!["HELM"];

    public static Task<CommandResult> TryAsync(params string[] arguments) => TryAsync([], arguments);

    /// <returns>What it wrote to its standard output.</returns>
    public static Task<string> RunAsync(params string[] arguments) => RunAsync([], arguments);

    /// <param name="launcher">What starts it; empty: nothing.</param>
    /// <param name="arguments">Its own.</param>
    public static async Task<string> RunAsync(IReadOnlyList<string> launcher, string[] arguments)
    {
        CommandResult result = await TryAsync(launcher, arguments);
        Assert.True(result.Succeeded, result.ToString());
        return result.Text;
    }

    /// <summary><c>helm template</c> of a chart's directory or package.</summary>
    public static async Task<IReadOnlyList<JsonElement>> RenderAsync(string chart, params string[] options) =>
        Manifest.Parse(await RunAsync(["template", "ssh-gateway", chart, "--namespace", "ssh-gateway", .. options]));

    private static Task<CommandResult> TryAsync(IReadOnlyList<string> launcher, string[] arguments)
    {
        string[] all = [.. launcher, File, .. arguments];
        return Command.RunAsync(all[0], all[1..], deadline: TimeSpan.FromSeconds(120));
    }
}
