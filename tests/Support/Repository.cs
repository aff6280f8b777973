using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace SshGateway.Tests.Support;

/// <summary>Files of the repository.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot();

    /// <summary>The project's version.</summary>
    public static string Version { get; } = XDocument.Load(File("Directory.Build.props")).Descendants("Version").Single().Value;

    public static string File(string path) => Path.Combine(Root, path);

    private static string FindRoot([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));
}
