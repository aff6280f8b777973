using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace SshGateway.Operator.TarsApi;

/// <summary>A ServiceAccount as people write it, <c>namespace:name</c>, and as the API server calls it.</summary>
internal static partial class ServiceAccountName
{
    private const string Prefix = "system:serviceaccount:";

    /// <param name="text"><c>namespace:name</c>, with or without <c>system:serviceaccount:</c> before it.</param>
    /// <param name="user">The user name that the API server gives to it.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? user)
    {
        string name = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text;
        user = NamespaceAndName().IsMatch(name) ? Prefix + name : null;
        return user is not null;
    }

    // An RFC 1123 label, and a subdomain.
    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?:(?=.{1,253}\z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex NamespaceAndName();
}
