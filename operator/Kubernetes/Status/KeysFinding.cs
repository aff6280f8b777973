using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The KeysValid condition: which key lines are skipped.</summary>
internal static class KeysFinding
{
    private const string Type = "KeysValid";

    public static Finding Of(SessionState state)
    {
        if (state.Route is not { } route)
        {
            return new Finding(Type, null, "NotRouted", "the session has no route, so its keys are not read");
        }
        string[] skipped = [.. route.Problems.Where(p => p.StartsWith("spec.ssh.", StringComparison.Ordinal) && p.Contains("this key is skipped", StringComparison.Ordinal))];
        return skipped.Length == 0
            ? new Finding(Type, route.AuthorizedKeys.Count > 0, route.AuthorizedKeys.Count > 0 ? "KeysValid" : "NoKeys", $"{route.AuthorizedKeys.Count} keys may log in")
            : new Finding(Type, false, "KeysSkipped", string.Join("; ", skipped));
    }
}
