using System.Text.RegularExpressions;

namespace SshGateway.Feed;

/// <summary>
/// The two names of a session that both processes judge: what a client logs in as, and who it becomes in the pod.
/// </summary>
public static partial class SessionNames
{
    /// <summary>Characters of the longest session id.</summary>
    public const int MaxSessionId = 40;

    /// <summary>
    /// Whether this can be a session's id: a DNS label (RFC 1123 section 2.1) of at most <see cref="MaxSessionId"/>
    /// characters.
    /// </summary>
    public static bool IsSessionId(ReadOnlySpan<char> name) => name.Length <= MaxSessionId && SessionId().IsMatch(name);

    /// <summary>
    /// Whether this can be a user of the pod: what useradd takes, and nothing that looks like an option.
    /// </summary>
    public static bool IsTargetUser(ReadOnlySpan<char> name) => TargetUser().IsMatch(name);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex SessionId();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.-]{0,31}\z")]
    private static partial Regex TargetUser();
}
