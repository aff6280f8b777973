using System.Text.RegularExpressions;

namespace SshGateway.Feed;

/// <summary>The names that both processes check: the SSH user name, and the user in the pod.</summary>
internal static partial class SessionNames
{
    /// <summary>Characters of the longest session id.</summary>
    public const int MaxSessionId = 40;

    /// <summary>Whether this is a DNS label (RFC 1123 section 2.1) within <see cref="MaxSessionId"/>.</summary>
    public static bool IsSessionId(ReadOnlySpan<char> name) => name.Length <= MaxSessionId && SessionId().IsMatch(name);

    /// <summary>Whether this can be a user of the pod: as useradd takes it, and not like an option.</summary>
    public static bool IsTargetUser(ReadOnlySpan<char> name) => TargetUser().IsMatch(name);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex SessionId();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.-]{0,31}\z")]
    private static partial Regex TargetUser();
}
