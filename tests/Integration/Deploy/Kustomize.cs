using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary><c>kubectl kustomize</c>.</summary>
internal static class Kustomize
{
    public static async Task<IReadOnlyList<JsonElement>> RenderAsync(string directory) =>
        Manifest.Parse(await Command.OutputAsync(KubectlProgram.File!, "kustomize", Repository.File(directory)));

    /// <summary>One set of objects is the other and these, each as its kind and name.</summary>
    public static void AssertAdds(IEnumerable<string> added, IEnumerable<JsonElement> without, IEnumerable<JsonElement> with) => Assert.Equal(
        without.Select(o => $"{o.Kind()} {o.Name()}").Concat(added).Order(StringComparer.Ordinal),
        with.Select(o => $"{o.Kind()} {o.Name()}").Order(StringComparer.Ordinal));

    /// <summary>deploy/ and one of its components, in a kustomization as people write it.</summary>
    public static Task<IReadOnlyList<JsonElement>> WithComponentAsync(string component, string more = "", string overlay = "deploy") =>
        WithComponentsAsync([component], more, overlay);

    public static async Task<IReadOnlyList<JsonElement>> WithComponentsAsync(IEnumerable<string> components, string more = "", string overlay = "deploy")
    {
        using var directory = new TemporaryDirectory();
        string deploy = Path.GetRelativePath(directory.Path, Repository.File("deploy"));
        string resource = Path.GetRelativePath(directory.Path, Repository.File(overlay));
        string paths = string.Join(", ", components.Select(component => $"{deploy}/components/{component}"));
        directory.Write("kustomization.yaml", $"resources: [{resource}]\ncomponents: [{paths}]\n{more}");
        return await RenderAsync(directory.Path);
    }
}
