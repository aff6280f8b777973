using SshGateway.Operator.Model;
using SshGateway.Operator.Yaml;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Unit.Yaml;

/// <summary>
/// Good documents become objects; bad ones become a sentence that names file, document, line, field and remedy.
/// </summary>
public sealed class ManifestReaderTests
{
    private const string File = "a.yaml";

    [Fact]
    public void Every_field_that_is_read_arrives()
    {
        ManifestDocument document = Assert.Single(ManifestReader.Read(File, $"""
            apiVersion: tars.cloudwalk.network/v1alpha1
            kind: ClaudeSession
            metadata: {"{"}name: abc12, namespace: team-a, labels: {"{"}"a.b/c": d{"}"}, annotations: {"{"}x: "1"{"}"}{"}"}
            spec:
              owner: {"{"}user: alice, team: red{"}"}
              pod:
                matchLabels: {"{"}app: claude{"}"}
                uid: u-1
              ssh:
                port: 22
                targetUser: 'dev'
                authorizedKeys:
                - "{Samples.Key}"
                hostKeys: [{Samples.Key}]
              access: Draining
              maxConnections: 7
              expiresAt: 2026-01-31T12:00:00Z
              idleTimeout: 90m
            """));

        Assert.Null(document.Problem);
        var session = Assert.IsType<ClaudeSession>(document.Object);
        Assert.Equal(new ObjectKey("ClaudeSession", "team-a", "abc12"), session.Key);
        Assert.Equal("d", session.Label("a.b/c"));
        SessionSpec spec = session.Spec!;
        Assert.Equal(("alice", "red"), (spec.Owner!.User, spec.Owner.Team));
        Assert.Equal(("claude", "u-1"), (spec.Pod!.MatchLabels!["app"], spec.Pod.Uid));
        Assert.Equal((22, "dev"), (spec.Ssh!.Port, spec.Ssh.TargetUser));
        Assert.Equal(Samples.Key, Assert.Single(spec.Ssh.AuthorizedKeys!));
        Assert.Equal(Samples.Key, Assert.Single(spec.Ssh.HostKeys!));
        Assert.Equal(("Draining", 7, "90m"), (spec.Access, spec.MaxConnections, spec.IdleTimeout));
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), spec.ExpiresAt);
    }

    [Fact]
    public void What_kubectl_prints_of_a_pod_is_read()
    {
        ManifestDocument document = Assert.Single(ManifestReader.Read(File, Samples.Pod("abc12", "10.1.2.3") + """
              hostIP: 10.0.0.1
              podIPs:
              - ip: 10.1.2.3
              qosClass: BestEffort
            """));

        Assert.Null(document.Problem);
        var pod = Assert.IsType<Pod>(document.Object);
        Assert.Equal(("10.1.2.3", true, false, false), (pod.Address, pod.IsReady, pod.IsTerminal, pod.IsTerminating));
    }

    [Fact]
    public void Documents_are_read_apart_from_each_other()
    {
        IReadOnlyList<ManifestDocument> documents = ManifestReader.Read(File, $"""
            # a comment of its own is no document
            ---
            {Samples.Session("one")}
            --- # the next one is broken
            kind: [ClaudeSession
            ---

            ---
            {Samples.Session("two")}
            """);

        Assert.Equal(["one", null, "two"], documents.Select(d => d.Object?.Name));
        Assert.StartsWith("a.yaml: document 2, line 17: this is not YAML: ", documents[1].Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("    port: 2222", "    port: many", "line 9: spec.ssh.port: must be a whole number without quotes")]
    [InlineData("    port: 2222", "    port: \"2222\"", "line 9: spec.ssh.port: must be a whole number without quotes")]
    [InlineData("    port: 2222", "    port: 0", "line 9: spec.ssh.port: must be between 1 and 65535")]
    [InlineData("    port: 2222", "    port: 22\n    port: 23", "line 10: spec.ssh.port is there twice; remove one")]
    [InlineData("    user: alice", "    user: 12", "line 7: spec.owner.user: must be text; put quotes around what looks like a number, true, false or null")]
    [InlineData("    user: alice", "    team: red", "line 6: spec.owner.user: must name the session's owner in 1 to 128 characters without spaces")]
    [InlineData("  owner:", "  expiresAt: tomorrow\n  owner:", "line 6: spec.expiresAt: must be a time such as 2026-01-31T12:00:00Z")]
    [InlineData("  owner:", "  access: enabled\n  owner:", "line 6: spec.access: must be Enabled, Draining or Disabled")]
    [InlineData("  name: abc12", "  name: Abc12", "line 4: metadata.name: must be a DNS label of at most 40 characters: a-z, 0-9 and '-' inside; it is the SSH user name")]
    [InlineData("  name: abc12", "  namespace: x", "line 3: metadata.name: is missing; write the object's name")]
    [InlineData("  name: abc12", "  name: abc12\n  labels: [a]", "line 5: metadata.labels: must be a mapping")]
    [InlineData("  name: abc12", "  name: abc12\n  labels:\n    a.b/c: 1", "line 6: metadata.labels['a.b/c']: must be text; put quotes around what looks like a number, true, false or null")]
    [InlineData("kind: ClaudeSession", "kind: ConfigMap", "line 2: kind ConfigMap of apiVersion tars.cloudwalk.network/v1alpha1 is not read here; write ClaudeSession of tars.cloudwalk.network/v1alpha1, Pod, ConfigMap or Secret of v1")]
    [InlineData("kind: ClaudeSession", "kind: &k ClaudeSession\nother: *k", "line 3: the alias *k is not supported; write the value out")]
    public void A_bad_field_is_named_with_its_line_and_the_remedy(string good, string bad, string problem)
    {
        string manifest = Samples.Session("abc12");
        Assert.Contains(good, manifest, StringComparison.Ordinal);

        ManifestDocument document = Assert.Single(ManifestReader.Read(File, manifest.Replace(good, bad, StringComparison.Ordinal)));

        Assert.Null(document.Object);
        Assert.Equal($"{File}: document 1, {problem}", document.Problem);
    }

    [Fact]
    public void A_pod_without_a_uid_is_named()
    {
        string manifest = Samples.Pod("abc12", "10.0.0.1").Replace("  uid: uid-of-abc12\n", "", StringComparison.Ordinal);

        Assert.Equal(
            "a.yaml: document 1, line 3: metadata.uid: is missing; write a word that is another one for every incarnation of the pod",
            Assert.Single(ManifestReader.Read(File, manifest)).Problem);
    }

    [Theory]
    [InlineData("just a sentence")]
    [InlineData("- a\n- list")]
    [InlineData("? [a]\n: b")]
    [InlineData("a: b\n...\nc: d")]
    [InlineData("\tx: y")]
    [InlineData("\u0000")]
    public void What_is_no_manifest_is_a_problem_and_no_crash(string content)
    {
        ManifestDocument document = Assert.Single(ManifestReader.Read(File, content));

        Assert.NotNull(document.Problem);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Deep_nesting_does_not_exhaust_the_stack(string opening)
    {
        string content = string.Concat(Enumerable.Repeat(opening, 100_000));

        Assert.All(ManifestReader.Read(File, content), d => Assert.NotNull(d.Problem));
    }
}
