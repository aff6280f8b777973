using System.Diagnostics;

namespace SshGateway.Proxy.Outcomes;

/// <summary>
/// The spans of a login, for an OpenTelemetry collector. Without one, nothing listens and none is made. A step is a
/// child of the login whose connection it runs for.
/// </summary>
internal static class LoginTrace
{
    /// <summary>From the accepted connection to the login's success or the connection's end.</summary>
    public const string Login = "login";

    public const string KeyExchange = "key exchange";

    /// <summary>From the key exchange to the verified signature, the user's passphrase included.</summary>
    public const string Authentication = "authentication";

    /// <summary>For a pod that is on its way.</summary>
    public const string Wait = "wait for pod";

    /// <summary>TCP to the pod.</summary>
    public const string Dial = "dial";

    /// <summary>Key exchange and authentication with the pod.</summary>
    public const string PodLogin = "pod login";

    private static readonly ActivitySource Source = new("SshGateway.Proxy.Logins");

    /// <summary>Null: nobody listens.</summary>
    public static Activity? Start(string name) => Source.StartActivity(name);
}
