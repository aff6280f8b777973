using SshGateway.Hosting.Text;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>The KeysValid condition: which key lines are skipped.</summary>
internal static class KeysAcceptedCondition
{
    private const string Type = "KeysValid";

    public static Condition Create(SessionState state)
    {
        if (state.Route is not { } route)
        {
            return new Condition(Type, null, "NotRouted", "the session has no route, so its keys are not read");
        }
        string authorities = route.TrustedUserCAKeys.Count == 0 ? "" : $" and certificates of {new Quantity(route.TrustedUserCAKeys.Count, "CA")}";
        bool anybody = route.AuthorizedKeys.Count + route.TrustedUserCAKeys.Count > 0;
        return route.SkippedKeys.Count == 0
            ? new Condition(Type, anybody, anybody ? "KeysValid" : "NoKeys", $"{new Quantity(route.AuthorizedKeys.Count, "key")}{authorities} may log in")
            : new Condition(Type, false, "KeysSkipped", string.Join("; ", route.SkippedKeys));
    }
}
