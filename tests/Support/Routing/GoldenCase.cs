using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using SshGateway.Feed;
using SshGateway.Kubernetes.Yaml;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Yaml;

namespace SshGateway.Tests.Support.Routing;

/// <summary>
/// A folder below Cases: <c>input.yaml</c> holds the objects, and perhaps documents of kind RoutingOptions and
/// IdBinding (whose an id was before); <c>expected.yaml</c> what the routing function makes of them.
/// </summary>
internal sealed class GoldenCase(string name)
{
    private string ExpectedFile => Path.Combine(Folder(), name, "expected.yaml");

    public static IEnumerable<string> Names() => Directory.GetDirectories(Folder()).Select(Path.GetFileName).Order(StringComparer.Ordinal)!;

    public string Expected => File.Exists(ExpectedFile) ? File.ReadAllText(ExpectedFile) : "";

    public void Update(string actual) => File.WriteAllText(ExpectedFile, actual);

    /// <summary>Decodes without the checks of the directory source: the function must stand without them.</summary>
    public (ClusterObjects Objects, RoutingOptions Options, IReadOnlyDictionary<string, IdBinding> Bindings) Read()
    {
        var sessions = new List<ClaudeSession>();
        var pods = new List<Pod>();
        var keyObjects = new List<KeyObject>();
        var options = new RoutingOptions(AllowLoopbackPods: false, AllowUnlabelledPods: false);
        var bindings = new Dictionary<string, IdBinding>();
        foreach (YamlText text in YamlText.Split(File.ReadAllText(Path.Combine(Folder(), name, "input.yaml"))))
        {
            using YamlToJson yaml = YamlToJson.Convert(text.Text);
            using var json = JsonDocument.Parse(yaml.Json.ToArray());
            switch (json.RootElement.GetProperty("kind").GetString())
            {
                case ClaudeSession.KindName:
                    sessions.Add(json.RootElement.Deserialize(ModelJson.Default.ClaudeSession)!);
                    break;
                case Pod.KindName:
                    pods.Add(json.RootElement.Deserialize(ModelJson.Default.Pod)!);
                    break;
                case ConfigMap.KindName:
                    keyObjects.Add(json.RootElement.Deserialize(ModelJson.Default.ConfigMap)!);
                    break;
                case Secret.KindName:
                    keyObjects.Add(json.RootElement.Deserialize(ModelJson.Default.Secret)!);
                    break;
                case "IdBinding":
                    string id = json.RootElement.GetProperty("id").GetString()!;
                    bindings[id] = new IdBinding(Incarnations(json, id, "holder").Cast<SessionIncarnation?>().SingleOrDefault(), Incarnations(json, id, "others"), Incarnations(json, id, "losers"));
                    break;
                default:
                    options = new RoutingOptions(IsTrue(json, "allowLoopbackPods"), IsTrue(json, "allowUnlabelledPods"));
                    break;
            }
        }
        return (new ClusterObjects(sessions, pods) { KeyObjects = keyObjects }, options, bindings);
    }

    public static string Print(IReadOnlyList<RoutedSession> sessions)
    {
        var text = new StringBuilder();
        foreach (RoutedSession session in sessions)
        {
            text.Append(CultureInfo.InvariantCulture, $"""
                - session: {session.Namespace}/{session.SessionId}
                  state: {session.State}
                  reason: {session.Reason}
                  binding: {session.Binding}
                  access: {session.Access}
                  pod: {(session.PodUid.Length == 0 ? "~" : $"{session.PodName} {session.PodUid}")}
                  address: {(session.Address is null ? "~" : $"\"{session.Address}\"")}
                  port: {session.Port}
                  user: {session.TargetUser}

                """);
            PrintList(text, "authorizedKeys", session.AuthorizedKeys.Select(k => k.Fingerprint));
            PrintList(text, "hostKeys", session.HostKeys.Select(k => k.Fingerprint));
            PrintList(text, "trustedUserCAKeys", session.TrustedUserCAKeys.Select(k => k.Fingerprint));
            PrintList(text, "hostCAKeys", session.HostCAKeys.Select(k => k.Fingerprint));
            PrintList(text, "revokedKeys", session.RevokedKeys.Select(hash => $"SHA256:{Convert.ToBase64String(hash).TrimEnd('=')}"));
            PrintList(text, "authorizedPrincipals", session.AuthorizedPrincipals.Select(principal => $"\"{principal}\""));
            if (session.OwnerUser.Length > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"  owner: {session.OwnerUser}\n");
            }
            PrintList(text, "problems", session.Problems.Select(p => $"\"{p.Replace("\"", "\\\"", StringComparison.Ordinal)}\""));
            if (session.ExpiresAt is { } expiresAt)
            {
                text.Append(CultureInfo.InvariantCulture, $"  expiresAt: {expiresAt.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\n");
            }
            if (session.MaxConnections != SessionSpec.DefaultMaxConnections)
            {
                text.Append(CultureInfo.InvariantCulture, $"  maxConnections: {session.MaxConnections}\n");
            }
            if (session.IdleTimeout != TimeSpan.Zero)
            {
                text.Append(CultureInfo.InvariantCulture, $"  idleTimeout: {session.IdleTimeout.TotalSeconds} s\n");
            }
            if (session.Exec is { } exec)
            {
                text.Append(CultureInfo.InvariantCulture, $"  exec: \"{exec.Container}\" \"{exec.Shell}\" \"{exec.SftpServer}\" \"{string.Join(' ', exec.AcceptEnv)}\"\n");
            }
            if (session.Passthrough)
            {
                text.Append("  passthrough: true\n");
            }
            if (session.Recording != RecordingMode.None)
            {
                text.Append(CultureInfo.InvariantCulture, $"  recording: {session.Recording}\n");
            }
            if (session.Wake != Wake.OnLogin)
            {
                text.Append(CultureInfo.InvariantCulture, $"  wake: {session.Wake}\n");
            }
        }
        return text.Length == 0 ? "[]\n" : text.ToString();
    }

    private static void PrintList(StringBuilder text, string name, IEnumerable<string> items)
    {
        string[] lines = [.. items.Select(i => $"    - {i}\n")];
        if (lines.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {name}:\n{string.Concat(lines)}");
        }
    }

    // Each is a namespace and a uid.
    private static SessionIncarnation[] Incarnations(JsonDocument json, string id, string property) => json.RootElement.TryGetProperty(property, out JsonElement of)
        ? [.. of.EnumerateObject().Select(p => new SessionIncarnation(new ObjectKey(ClaudeSession.KindName, p.Name, id), p.Value.GetString()!))]
        : [];

    private static bool IsTrue(JsonDocument json, string property) =>
        json.RootElement.TryGetProperty(property, out JsonElement value) && value.GetBoolean();

    private static string Folder([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "Cases");
}
