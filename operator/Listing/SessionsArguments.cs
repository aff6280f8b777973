using SshGateway.Hosting;

namespace SshGateway.Operator.Listing;

/// <summary>What stands behind <c>sessions</c> on the command line.</summary>
/// <param name="Configuration">The rest, which is configuration.</param>
internal sealed record SessionsArguments(bool IsWide, string[] Configuration)
{
    private static readonly string[] Outputs = ["-o", "--output"];

    /// <exception cref="ConfigurationException">An argument is none.</exception>
    public static SessionsArguments Parse(string[] arguments)
    {
        bool isWide = false;
        List<string> configuration = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            string[] parts = arguments[i].Split('=', 2);
            if (Outputs.Contains(parts[0]))
            {
                string? format = parts.Length == 2 ? parts[1] : ++i < arguments.Length ? arguments[i] : null;
                isWide = format == "wide" ? true : throw new ConfigurationException([$"{parts[0]} {format}: the only output besides the usual one is -o wide"]);
            }
            else if (arguments[i].StartsWith('-') && !arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                throw new ConfigurationException([$"{arguments[i]} is no option of {SessionsCommand.Name}; write -o wide, or configuration such as --Operator:Namespaces:0=claude-sessions"]);
            }
            else
            {
                configuration.Add(arguments[i]);
            }
        }
        return new SessionsArguments(isWide, [.. configuration]);
    }
}
