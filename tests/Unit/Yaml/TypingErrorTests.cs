using SshGateway.Operator.Model;
using SshGateway.Operator.Yaml;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Unit.Yaml;

/// <summary>A typing error is told, and takes no session away.</summary>
public sealed class TypingErrorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task A_bracket_that_is_not_closed_is_a_line_in_the_log()
    {
        _directory.Write("a.yaml", Samples.Session("one"));
        _directory.Write("b.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: [\n  name: x\n");
        await using var run = new DirectoryRun(_directory.Path);

        Assert.Equal("one", Assert.Single((await run.NextAsync()).Sessions).Name);
        await run.SaysAsync("b.yaml: document 1, line ");
    }

    [Theory]
    [InlineData("kind: ClaudeSession", "kind: ClaudeSesion")]
    [InlineData("kind: ClaudeSession", "knid: ClaudeSession")]
    [InlineData("v1alpha1", "v1alfa1")]
    [InlineData("metadata:", "metdata:")]
    [InlineData("  name: one", "  nmae: one")]
    [InlineData("  name: one", "  name: one\n  namspace: default")]
    [InlineData("spec:", "sepc:")]
    [InlineData("  ssh:", "  shh:")]
    [InlineData("    user: alice", "    user: alice\n    taem: red")]
    [InlineData("  owner:", "  acces: Disabled\n  owner:")]
    [InlineData("    authorizedKeys:", "    authorisedKeys:")]
    [InlineData("    port: 2222", "    port: 2222\n    hostkeys: []")]
    [InlineData("    port: 2222", "    port: [2222")]
    [InlineData("    port: 2222", "    port: \"2222")]
    [InlineData("    port: 2222", "    port: &")]
    [InlineData("    port: 2222", "\tport: 2222")]
    public async Task A_misspelt_word_is_told_and_removes_nothing(string good, string bad)
    {
        string manifest = Samples.Session("one");
        Assert.Contains(good, manifest, StringComparison.Ordinal);
        _directory.Write("a.yaml", manifest);
        await using var run = new DirectoryRun(_directory.Path);
        await run.NextAsync();

        _directory.WriteByRename("a.yaml", manifest.Replace(good, bad, StringComparison.Ordinal));
        _directory.WriteByRename("b.yaml", Samples.Session("two"));

        ClusterObjects state = await run.NextAsync();
        state = state.Sessions.Count == 2 ? state : await run.NextAsync();
        Assert.Equal(["one", "two"], state.Sessions.Select(s => s.Name).Order());
        await run.SaysAsync("the file's last good ClaudeSession default/one stays in force");
    }

    [Theory]
    [InlineData("    authorizedKeys:", "    authorisedKeys:", "line 10: spec.ssh.authorisedKeys: there is no such field; did you mean authorizedKeys?")]
    [InlineData("  owner:", "  acces: Disabled\n  owner:", "line 6: spec.acces: there is no such field; did you mean access?")]
    [InlineData("spec:", "sepc:", "line 5: sepc: there is no such field; did you mean spec?")]
    [InlineData("  owner:", "  colour: red\n  owner:", "line 6: spec.colour: there is no such field")]
    [InlineData("  name: abc12", "  name: abc12\n  lables: {}", "line 5: metadata.lables: there is no such field; did you mean labels?")]
    public void A_field_that_there_is_not_is_named_with_the_one_that_was_meant(string good, string bad, string problem) =>
        Assert.Equal($"a.yaml: document 1, {problem}", Problem(Samples.Session("abc12").Replace(good, bad, StringComparison.Ordinal)));

    [Theory]
    [InlineData("  podIP:", "  podIp:", "line 10: status.podIp: there is no such field; did you mean podIP?")]
    [InlineData("  phase:", "  phse:", "line 9: status.phse: there is no such field; did you mean phase?")]
    [InlineData("  labels:", "  lables:", "line 6: metadata.lables: there is no such field; did you mean labels?")]
    public void A_misspelt_field_of_a_pod_is_named(string good, string bad, string problem) =>
        Assert.Equal($"a.yaml: document 1, {problem}", Problem(Samples.Pod("abc12", "10.0.0.1").Replace(good, bad, StringComparison.Ordinal)));

    [Fact]
    public void Fields_of_pods_that_only_Kubernetes_knows_are_skipped() => Assert.Null(Problem("""
        apiVersion: v1
        kind: Pod
        metadata:
          name: p
          uid: u
          generateName: p-
          ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: p, uid: x, controller: true}]
          managedFields: [{manager: kubelet, fieldsV1: {f:status: {}}}]
        spec:
          hostname: p
          hostPID: false
          hostIPC: false
          hostUsers: true
          nodeSelector: {a: b}
          somethingNew: 1
          containers: [{name: c, image: i}]
        status:
          hostIP: 10.0.0.1
          hostIPs: [{ip: 10.0.0.1}]
          nominatedNodeName: n
          qosClass: BestEffort
          resize: x
          somethingNew: 1
          containerStatuses: [{name: c, ready: true, restartCount: 0, image: i, imageID: i, lastState: {}, state: {running: {startedAt: "2026-01-01T00:00:00Z"}}, started: true}]
        """));

    [Fact]
    public void A_list_as_kubectl_prints_it_is_read()
    {
        string list = "apiVersion: v1\nitems:\n" + Item(Samples.Session("one")) + Item(Samples.Pod("one", "10.0.0.1")) + Item(Samples.Session("two", port: 0))
            + "kind: List\nmetadata:\n  resourceVersion: \"\"\n";

        IReadOnlyList<ManifestDocument> documents = ManifestReader.Read("a.yaml", list);

        Assert.Equal(["ClaudeSession default/one", "Pod default/one-pod", null], documents.Select(d => d.Object?.Key.ToString()));
        Assert.Equal("a.yaml: document 1, line 36: items[2].spec.ssh.port: must be between 1 and 65535", documents[2].Problem);
        Assert.Equal("two", documents[2].Subject!.Name);
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: List\nitems: []", null)]
    [InlineData("apiVersion: v1\nkind: List\n", "a.yaml: document 1, line 2: items: is missing; a List has its objects there")]
    [InlineData("apiVersion: v1\nkind: List\nitems: {a: b}", "a.yaml: document 1, line 3: items: must be a list")]
    [InlineData("apiVersion: v1\nkind: List\nitems: [x]", "a.yaml: document 1, line 3: items[0]: a manifest is a mapping that begins with apiVersion and kind")]
    public void A_list_that_is_no_list_is_named(string content, string? problem) =>
        Assert.Equal(problem, ManifestReader.Read("a.yaml", content).SingleOrDefault()?.Problem);

    [Fact]
    public async Task An_object_that_is_in_one_file_twice_is_told()
    {
        _directory.Write("a.yaml", Samples.Session("one", port: 22) + "---\n" + Samples.Session("one", port: 23));
        await using var run = new DirectoryRun(_directory.Path);

        Assert.Equal(22, Assert.Single((await run.NextAsync()).Sessions).Spec!.Ssh!.Port);
        await run.SaysAsync("a.yaml: document 2: ClaudeSession default/one is in document 1 already; remove it from one of the two");
    }

    public void Dispose() => _directory.Dispose();

    private static string? Problem(string manifest) => Assert.Single(ManifestReader.Read("a.yaml", manifest)).Problem;

    private static string Item(string manifest) => "- " + manifest.TrimEnd('\n').Replace("\n", "\n  ", StringComparison.Ordinal) + "\n";
}
