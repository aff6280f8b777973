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
}
