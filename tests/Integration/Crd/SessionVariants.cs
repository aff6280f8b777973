using System.Text.Json.Nodes;
using SshGateway.Tests.Support.Yaml;

namespace SshGateway.Tests.Integration.Crd;

/// <summary>Sessions at and beyond every bound of the schema.</summary>
internal static class SessionVariants
{
    private const string Key = Samples.Key;

    public static IReadOnlyList<SessionVariant> All { get; } =
    [
        Good("nothing changed", "metadata.name", "abc12"),
        Good("a name of 40 characters", "metadata.name", new string('a', 40)),
        Good("a name of one digit", "metadata.name", "1"),
        Bad("a name of 41 characters", "metadata.name", new string('a', 41)),
        Bad("a name with a dot", "metadata.name", "abc.12"),
        Bad("a name in capitals", "metadata.name", "ABC12"),
        Bad("a name that ends in a hyphen", "metadata.name", "abc-"),

        Bad("no owner", "spec.owner", null),
        Bad("an owner without a user", "spec.owner", new JsonObject { ["team"] = "payments" }),
        Good("a user of 128 characters", "spec.owner.user", new string('u', 128)),
        Good("a user beyond ASCII", "spec.owner.user", "jürgen.šmíd@example.com"),
        Bad("a user of 129 characters", "spec.owner.user", new string('u', 129)),
        Bad("an empty user", "spec.owner.user", ""),
        Bad("a user with a space", "spec.owner.user", "alice b"),
        Bad("a user with a no-break space", "spec.owner.user", "alice\u00a0b"),
        Bad("a user with a line break at the end", "spec.owner.user", "alice\n"),
        Bad("a user with a control character of C1", "spec.owner.user", "alice\u0085"),
        Good("a team", "spec.owner.team", "payments"),
        Bad("an empty team", "spec.owner.team", ""),
        Bad("a team with a tab", "spec.owner.team", "pay\tments"),

        Good("a pod by name", "spec.pod", Pod("""{"name": "claude-abc12"}""")),
        Good("a pod by name and uid", "spec.pod", Pod("""{"name": "claude-abc12", "uid": "6f8e"}""")),
        Good("a pod by labels", "spec.pod", Pod("""{"matchLabels": {"app": "claude"}}""")),
        Good("a pod by 16 labels", "spec.pod", Labels(16)),
        Good("a pod whose name has 253 characters", "spec.pod.name", new string('p', 253)),
        Bad("a pod by 17 labels", "spec.pod", Labels(17)),
        Good("a pod by a label's value of 63 characters", "spec.pod", Pod($$$"""{"matchLabels": {"app": "{{{new string('v', 63)}}}"}}""")),
        Bad("a pod by a label's value of 64 characters", "spec.pod", Pod($$$"""{"matchLabels": {"app": "{{{new string('v', 64)}}}"}}""")),
        Bad("a pod by no labels", "spec.pod", Pod("""{"matchLabels": {}}""")),
        Bad("a pod by name and labels", "spec.pod", Pod("""{"name": "claude-abc12", "matchLabels": {"app": "claude"}}""")),
        Bad("a pod by nothing", "spec.pod", Pod("{}")),
        Bad("a pod by uid alone", "spec.pod", Pod("""{"uid": "6f8e"}""")),
        Bad("a pod with an empty uid", "spec.pod", Pod("""{"name": "claude-abc12", "uid": ""}""")),
        Bad("a pod with a uid of 65 characters", "spec.pod", Pod($$"""{"name": "claude-abc12", "uid": "{{new string('6', 65)}}"}""")),
        Bad("a pod of another namespace", "spec.pod.name", "other/claude-abc12"),
        Bad("a pod whose name has 254 characters", "spec.pod.name", new string('p', 254)),

        Bad("no ssh", "spec.ssh", null),
        Good("port 1", "spec.ssh.port", 1),
        Good("port 65535", "spec.ssh.port", 65535),
        Bad("port 0", "spec.ssh.port", 0),
        Bad("port 65536", "spec.ssh.port", 65536),
        Good("a target user of 32 characters", "spec.ssh.targetUser", new string('c', 32)),
        Bad("a target user of 33 characters", "spec.ssh.targetUser", new string('c', 33)),
        Bad("an empty target user", "spec.ssh.targetUser", ""),
        Bad("a target user that looks like an option", "spec.ssh.targetUser", "-oProxyCommand=x"),
        Bad("a target user with a line break", "spec.ssh.targetUser", "claude\n"),

        .. KeyList("authorizedKeys", 1, 16),
        .. KeyList("trustedUserCAKeys", 0, 4),
        .. KeyList("hostKeys", 0, 8),
        .. KeyList("hostCAKeys", 0, 4),
        .. KeyList("revokedKeys", 0, 32),
        Good("a revoked fingerprint", "spec.ssh.revokedKeys", Lines("SHA256:O1N3jqQn/g3KjjQP01ufw1iJhc/02RU8ma2lFRogDfo")),
        Bad("half a revoked fingerprint", "spec.ssh.revokedKeys", Lines("SHA256:O1N3jqQn/g3KjjQP01uf")),
        Bad("a revoked MD5 fingerprint", "spec.ssh.revokedKeys", Lines("MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff")),
        Bad("two revoked keys in one line", "spec.ssh.revokedKeys", Lines(Key + "\n" + Key)),
        Good("16 principals", "spec.ssh.authorizedPrincipals", Lines([.. Enumerable.Repeat("ops", 16)])),
        Bad("17 principals", "spec.ssh.authorizedPrincipals", Lines([.. Enumerable.Repeat("ops", 17)])),
        Good("no principals", "spec.ssh.authorizedPrincipals", Lines()),
        Good("a principal with a comma and a space", "spec.ssh.authorizedPrincipals", Lines("on call, Zürich")),
        Good("a principal of 256 characters", "spec.ssh.authorizedPrincipals", Lines(new string('p', 256))),
        Bad("a principal of 257 characters", "spec.ssh.authorizedPrincipals", Lines(new string('p', 257))),
        Bad("an empty principal", "spec.ssh.authorizedPrincipals", Lines("")),
        Bad("a principal with a line break", "spec.ssh.authorizedPrincipals", Lines("ops\n")),
        Good("a security key", "spec.ssh.authorizedKeys", Lines("sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t alice")),
        Good("an ECDSA key", "spec.ssh.authorizedKeys", Lines("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=")),
        Good("an RSA key with padding", "spec.ssh.authorizedKeys", Lines("ssh-rsa AAAAB3NzaC1yc2E== a comment with spaces")),
        Good("a line of 4096 characters", "spec.ssh.authorizedKeys", Lines(Key + " " + new string('x', 4095 - Key.Length))),
        Bad("a line of 4097 characters", "spec.ssh.authorizedKeys", Lines(Key + " " + new string('x', 4096 - Key.Length))) with { IsOfSchemaOnly = true },
        // One bad line takes no session away: it is skipped, and named in the condition KeysValid.
        Good("options before the key", "spec.ssh.authorizedKeys", Lines("command=\"/bin/sh\" " + Key)),
        Good("cert-authority before the key", "spec.ssh.trustedUserCAKeys", Lines("cert-authority " + Key)),
        Good("a word that is no key", "spec.ssh.hostKeys", Lines("nonsense")),
        // As sshd reads a file.
        Good("several lines", "spec.ssh.authorizedKeys", Lines($"# people\n{Key}\r\n\n  {Key}\ta\tcomment\n")),
        Good("a carriage return at the end of a key", "spec.ssh.hostKeys", Lines(Key + "\r")),
        Good("tabs and several spaces", "spec.ssh.hostCAKeys", Lines("\t " + Key.Replace(" ", "\t  ", StringComparison.Ordinal))),
        Good("a comment beyond ASCII", "spec.ssh.authorizedKeys", Lines(Key + " jürgen ✓ 日本\u00a0x")),
        Bad("an item that is empty", "spec.ssh.authorizedKeys", Lines("", Key)) with { IsOfSchemaOnly = true },
        Good("a comment for a key", "spec.ssh.authorizedKeys", Lines("# alice's keys", Key)),
        Bad("an escape sequence in a comment", "spec.ssh.authorizedKeys", Lines(Key + " \u001b[31m")) with { IsOfSchemaOnly = true },
        Bad("a control character of C1 in a comment", "spec.ssh.hostKeys", Lines(Key + " \u009b31m")) with { IsOfSchemaOnly = true },
        Bad("a NUL in a key", "spec.ssh.trustedUserCAKeys", Lines("ssh-ed25519\u0000 AAAA")) with { IsOfSchemaOnly = true },
        Bad("a private key", "spec.ssh.authorizedKeys", Lines("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n")) with { IsOfSchemaOnly = true },
        Bad("a private key of PEM", "spec.ssh.hostCAKeys", Lines("-----BEGIN RSA PRIVATE KEY-----")) with { IsOfSchemaOnly = true },
        Good("passthrough", "spec.ssh.passthrough", true),

        Good("keys of a ConfigMap", "spec.ssh.authorizedKeysFrom", Sources("""{"configMapRef": {"name": "alice.keys", "key": "a-B_1.pub", "optional": true}}""")),
        Good("keys of a ConfigMap and no others", "spec.ssh", Pod("""{"authorizedKeysFrom": [{"configMapRef": {"name": "alice"}}]}""")),
        Good("keys of 8 Secrets", "spec.ssh.authorizedKeysFrom", Sources([.. Enumerable.Repeat("""{"secretRef": {"name": "alice"}}""", 8)])),
        Bad("keys of 9 Secrets", "spec.ssh.authorizedKeysFrom", Sources([.. Enumerable.Repeat("""{"secretRef": {"name": "alice"}}""", 9)])),
        Bad("no keys and no objects with keys", "spec.ssh", Pod("""{"authorizedKeysFrom": []}""")),
        Bad("keys of nothing", "spec.ssh.authorizedKeysFrom", Sources("{}")),
        Bad("keys of two objects in one", "spec.ssh.authorizedKeysFrom", Sources("""{"configMapRef": {"name": "a"}, "secretRef": {"name": "b"}}""")),
        .. ((string[])["configMapRef", "secretRef"]).SelectMany(kind => (SessionVariant[])
        [
            Bad($"a {kind} without a name", "spec.ssh.authorizedKeysFrom", Sources($$$"""{"{{{kind}}}": {"key": "k"}}""")),
            Bad($"a {kind} of another namespace", "spec.ssh.authorizedKeysFrom", Sources($$$"""{"{{{kind}}}": {"name": "other/alice"}}""")),
            Bad($"a {kind} whose name has 254 characters", "spec.ssh.authorizedKeysFrom", Sources($$$"""{"{{{kind}}}": {"name": "{{{new string('a', 254)}}}"}}""")),
            Bad($"a {kind} with a path for a key", "spec.ssh.authorizedKeysFrom", Sources($$$"""{"{{{kind}}}": {"name": "alice", "key": "a/b"}}""")),
            Bad($"a {kind} with an empty key", "spec.ssh.authorizedKeysFrom", Sources($$$"""{"{{{kind}}}": {"name": "alice", "key": ""}}""")),
        ]),

        Good("the backend SSH", "spec.backend", "SSH"),
        Good("the backend Exec", "spec.backend", "Exec"),
        Bad("a backend that there is not", "spec.backend", "Telnet"),
        Bad("a backend in small letters", "spec.backend", "exec"),
        Bad("exec without the backend", "spec.exec", new JsonObject()),
        Good("exec with the backend", "spec.exec", new JsonObject()) with { IsExec = true },
        Good("a container of 63 characters", "spec.exec.container", new string('c', 63)) with { IsExec = true },
        Bad("a container of 64 characters", "spec.exec.container", new string('c', 64)) with { IsExec = true },
        Bad("an empty container", "spec.exec.container", "") with { IsExec = true },
        Bad("a container with a dot", "spec.exec.container", "a.b") with { IsExec = true },
        Good("a shell of 256 characters", "spec.exec.shell", "/" + new string('s', 255)) with { IsExec = true },
        Bad("a shell of 257 characters", "spec.exec.shell", "/" + new string('s', 256)) with { IsExec = true },
        Good("a shell with a space", "spec.exec.shell", "/opt/a shell") with { IsExec = true },
        Bad("a shell that is looked for", "spec.exec.shell", "bash") with { IsExec = true },
        Bad("the root as a shell", "spec.exec.shell", "/") with { IsExec = true },
        Bad("a shell with a line break", "spec.exec.shell", "/bin/sh\n") with { IsExec = true },
        Good("an sftp-server", "spec.exec.sftpServer", "/usr/lib/sftp-server") with { IsExec = true },
        Bad("an sftp-server beyond ASCII", "spec.exec.sftpServer", "/ä") with { IsExec = true },
        Good("16 variables", "spec.exec.acceptEnv", Lines([.. Enumerable.Repeat("GIT_*", 16)])) with { IsExec = true },
        Bad("17 variables", "spec.exec.acceptEnv", Lines([.. Enumerable.Repeat("GIT_*", 17)])) with { IsExec = true },
        Good("a variable of 64 characters", "spec.exec.acceptEnv", Lines(new string('V', 63) + "*")) with { IsExec = true },
        Bad("a variable of 65 characters", "spec.exec.acceptEnv", Lines(new string('V', 64) + "*")) with { IsExec = true },
        Bad("all variables", "spec.exec.acceptEnv", Lines("*")) with { IsExec = true },
        Bad("a star in the middle", "spec.exec.acceptEnv", Lines("A*B")) with { IsExec = true },
        Bad("a variable with its value", "spec.exec.acceptEnv", Lines("A=1")) with { IsExec = true },
        Good("no passthrough to no sshd", "spec.ssh.passthrough", false) with { IsExec = true },
        Bad("passthrough to no sshd", "spec.ssh.passthrough", true) with { IsExec = true },
        Good("no host keys of no sshd", "spec.ssh.hostKeys", Lines()) with { IsExec = true },
        Bad("host keys of no sshd", "spec.ssh.hostKeys", Lines(Key)) with { IsExec = true },
        Bad("host CAs of no sshd", "spec.ssh.hostCAKeys", Lines(Key)) with { IsExec = true },

        Good("Draining", "spec.access", "Draining"),
        Good("Disabled", "spec.access", "Disabled"),
        Bad("an access that there is not", "spec.access", "Suspended"),
        Bad("an access in small letters", "spec.access", "enabled"),
        Good("1 connection", "spec.maxConnections", 1),
        Good("1000 connections", "spec.maxConnections", 1000),
        Bad("0 connections", "spec.maxConnections", 0),
        Bad("1001 connections", "spec.maxConnections", 1001),
        Good("an expiry", "spec.expiresAt", "2027-01-31T12:00:00Z"),
        Good("an idle timeout in three parts", "spec.idleTimeout", "1h30m15s"),
        Good("the longest idle timeout", "spec.idleTimeout", "999999h999999m999999s"),
        Bad("an idle timeout in days", "spec.idleTimeout", "1d"),
        Bad("an idle timeout without a unit", "spec.idleTimeout", "90"),
        Bad("an empty idle timeout", "spec.idleTimeout", ""),
        Bad("an idle timeout in four parts", "spec.idleTimeout", "1h1m1s1s"),
        Good("a time to live after expiry", "spec.ttlAfterExpiry", "24h"),
        Good("no time to live after expiry", "spec.ttlAfterExpiry", "0s"),
        Bad("a time to live in days", "spec.ttlAfterExpiry", "7d"),
        Good("no recording", "spec.recording", "None"),
        Good("terminals recorded", "spec.recording", "Terminal"),
        Good("all recorded", "spec.recording", "All"),
        Bad("a recording that there is not", "spec.recording", "Input"),
        Bad("a recording in small letters", "spec.recording", "all"),
        Good("passthrough without a recording", "spec", Spec(recording: "None", passthrough: true)),
        Good("a recording without passthrough", "spec", Spec(recording: "All", passthrough: false)),
        Bad("a recorded passthrough", "spec", Spec(recording: "Terminal", passthrough: true)),
        Good("suspended", "spec.suspend", true),
        Good("wake on login", "spec.wake", "OnLogin"),
        Good("wake never", "spec.wake", "Never"),
        Bad("a wake that there is not", "spec.wake", "Always"),
        Bad("a wake in small letters", "spec.wake", "never"),
    ];

    private static SessionVariant Good(string title, string field, JsonNode? value) => new(title, true, field, value);

    private static SessionVariant Bad(string title, string field, JsonNode? value) => new(title, false, field, value);

    private static SessionVariant[] KeyList(string name, int minimum, int maximum)
    {
        string field = $"spec.ssh.{name}";
        return
        [
            Good($"{maximum} {name}", field, Lines([.. Enumerable.Repeat(Key, maximum)])),
            Bad($"{maximum + 1} {name}", field, Lines([.. Enumerable.Repeat(Key, maximum + 1)])),
            new SessionVariant($"an empty list of {name}", minimum == 0, field, Lines()),
            new SessionVariant($"no {name}", minimum == 0, field, null),
        ];
    }

    private static JsonArray Lines(params string[] lines) => [.. lines.Select(line => JsonValue.Create(line))];

    private static JsonObject Spec(string recording, bool passthrough) => new()
    {
        ["owner"] = new JsonObject { ["user"] = "alice" },
        ["recording"] = recording,
        ["ssh"] = new JsonObject { ["authorizedKeys"] = Lines(Key), ["passthrough"] = passthrough },
    };

    private static JsonArray Sources(params string[] sources) => [.. sources.Select(source => JsonNode.Parse(source))];

    private static JsonNode Pod(string json) => JsonNode.Parse(json)!;

    private static JsonObject Labels(int count) => new()
    {
        ["matchLabels"] = new JsonObject(Enumerable.Range(0, count).Select(i => KeyValuePair.Create($"label-{i}", (JsonNode?)JsonValue.Create("x")))),
    };
}
