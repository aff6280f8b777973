using System.Text.RegularExpressions;

namespace SshGateway.Feed;

/// <summary>What an ExecPod may name, for the operator, the proxies and the relays.</summary>
internal static partial class ExecNames
{
    public const int MaxContainer = 63;
    public const int MaxPath = 256;
    public const int MaxAcceptEnv = 16;
    public const int MaxVariable = 64;

    /// <summary>Whether this is a container's name: a DNS label (RFC 1123 section 2.1).</summary>
    public static bool IsContainer(ReadOnlySpan<char> name) => name.Length <= MaxContainer && Container().IsMatch(name);

    /// <summary>Whether this is an absolute path of printable ASCII characters, and not the root.</summary>
    public static bool IsPath(ReadOnlySpan<char> path) => path.Length <= MaxPath && AbsolutePath().IsMatch(path);

    /// <summary>Whether this names environment variables: one, or all that begin like it.</summary>
    public static bool IsEnvironmentPattern(ReadOnlySpan<char> name) => name.Length <= MaxVariable && EnvironmentPattern().IsMatch(name);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Container();

    [GeneratedRegex(@"^/[ -~]+\z")]
    private static partial Regex AbsolutePath();

    // Something before the star: LD_PRELOAD and its like must be asked for by name.
    [GeneratedRegex(@"^[A-Za-z0-9_]+\*?\z")]
    private static partial Regex EnvironmentPattern();
}
