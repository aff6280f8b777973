using System.Reflection;

namespace SshGateway.Hosting;

/// <summary>Answers <c>--version</c> and <c>--help</c>, which work without any configuration.</summary>
internal static class ProgramInfo
{
    /// <param name="help">What <c>--help</c> prints after the version.</param>
    /// <returns>The text to print; null when the first argument asks for neither.</returns>
    public static string? Answer(Assembly program, IReadOnlyList<string> arguments, string help) => arguments switch
    {
        ["--version", ..] => Describe(program),
        ["--help" or "-h", ..] => $"{Describe(program)}\n\n{help}",
        _ => null,
    };

    private static string Describe(Assembly program)
    {
        // The SDK writes "0.2.0+<revision>"; without a revision, "0.2.0".
        string version = program.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        string[] parts = version.Split('+', 2);
        return $"{program.GetName().Name} {parts[0]} ({(parts.Length == 2 ? parts[1] : "unknown")})";
    }
}
