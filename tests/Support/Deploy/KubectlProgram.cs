using System.Diagnostics;
using System.Text.Json;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Support.Deploy;

/// <summary>The kubectl that renders deploy/: $KUBECTL, or the one on PATH.</summary>
internal static class KubectlProgram
{
    private const int OldestMinor = 21;

    private static readonly Lazy<string?> Found = new(FindProblem);

    public static string? File { get; } = Environment.GetEnvironmentVariable("KUBECTL") is { Length: > 0 } named ? named : Tools.Find("kubectl");

    /// <summary>Why deploy/ cannot be rendered here; null when it can.</summary>
    public static string? Problem => Found.Value;

    private static string? FindProblem()
    {
        if (File is null)
        {
            return "Needs kubectl, which this machine lacks.";
        }
        using Process process = Process.Start(new ProcessStartInfo(File, ["version", "--client", "-o", "json"]) { RedirectStandardOutput = true })!;
        JsonElement version = JsonSerializer.Deserialize<JsonElement>(process.StandardOutput.ReadToEnd()).GetProperty("clientVersion");
        process.WaitForExit();
        // The kustomize of an older one is 2.0.3, which knows no patches by target.
        return int.Parse(version.GetProperty("minor").GetString()!.TrimEnd('+'), null) >= OldestMinor
            ? null
            : $"Needs kubectl 1.{OldestMinor} or newer for its kustomize; this machine has {version.GetProperty("gitVersion")}.";
    }
}
