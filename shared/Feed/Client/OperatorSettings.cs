using System.Net;
using static SshGateway.Hosting.OptionsSection;

namespace SshGateway.Feed.Client;

/// <summary>Checks the settings that say where operators are and whom to trust.</summary>
internal static class OperatorSettings
{
    /// <summary>What is wrong, a sentence each.</summary>
    /// <param name="section">The section that has the settings.</param>
    /// <param name="program">What the program is called, such as <c>proxy</c>.</param>
    public static IEnumerable<string> FindProblems(
        string section, string program, IList<string> operators, string authoritiesFile, string tokenFile, bool isInsecure) =>
    [
        .. RefuseIf(operators.Count == 0,
            $"{section}:Operators is missing; write the operators' feed addresses, such as --{section}:Operators:0=127.0.0.1:7443"),
        .. operators.SelectMany(address => CheckAddress(section, address, isInsecure)),
        .. RefuseIf(!isInsecure && authoritiesFile.Length == 0,
            $"{section}:OperatorCA is missing; write the PEM file of the CA that signs the operators' certificates"),
        .. RefuseIf(!isInsecure && tokenFile.Length == 0,
            $"{section}:OperatorToken is missing; write the file of the token that tells the operators who this {program} is"),
    ];

    /// <summary>Whether this is host:port.</summary>
    public static bool IsAddress(string address) => Parse(address) is not null;

    // A scheme without a port of its own, which would be dialled in place of one that is missing.
    private static Uri? Parse(string address) =>
        Uri.TryCreate($"tcp://{address}", UriKind.Absolute, out Uri? uri) && uri.Authority == address && uri.Port >= 1 ? uri : null;

    private static string[] CheckAddress(string section, string address, bool isInsecure) =>
        Parse(address) is not { } uri
            ? [$"{section}:Operators has \"{address}\"; write host:port, such as 127.0.0.1:7443"]
            : RefuseIf(isInsecure && !(IPAddress.TryParse(uri.IdnHost, out IPAddress? ip) && IPAddress.IsLoopback(ip)),
                $"{section}:Operators has \"{address}\"; with {section}:OperatorInsecure write loopback addresses, such as 127.0.0.1:7443");
}
