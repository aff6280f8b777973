using System.Text;
using System.Text.Json;
using SshGateway.Operator.Model;
using SshGateway.Operator.Yaml;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Unit.Yaml;

/// <summary>ConfigMaps and Secrets with keys: what is kept of them, and how a directory has them.</summary>
public sealed class KeyObjectTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Of_a_large_object_no_more_than_64_KiB_are_kept()
    {
        string half = new('x', KeyText.MaxOfObject / 2);
        ConfigMap read = ReadConfigMap(("a", half), ("b", half), ("c", "x"), ("d", new string('x', KeyText.MaxOfObject * 10)), ("e", ""));

        Assert.Equal((half, half), (read.Find("a")!.Text, read.Find("b")!.Text));
        Assert.All(["c", "d"], key => Assert.Equal((null, "is too long: the values of one object may have 64 KiB together"), (read.Find(key)!.Text, read.Find(key)!.Problem)));
        Assert.Equal(("", null), (read.Find("e")!.Text, read.Find("e")!.Problem));
        Assert.Null(read.Find("f"));
    }

    [Fact]
    public void A_text_counts_as_it_is_and_not_as_JSON_writes_it()
    {
        string text = new('\n', KeyText.MaxOfObject);

        Assert.Equal(text, ReadConfigMap(("a", text)).Find("a")!.Text);
        Assert.NotNull(ReadConfigMap(("a", text + "\n")).Find("a")!.Problem);
    }

    [Fact]
    public void A_secret_is_base64_and_its_text_is_never_printed()
    {
        string json = JsonSerializer.Serialize(new
        {
            data = new Dictionary<string, string>
            {
                ["good"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Samples.Key)),
                ["bad"] = "?",
                ["long"] = new string('A', 4 * KeyText.MaxOfObject),
            },
            stringData = new Dictionary<string, string> { ["plain"] = "text" },
        });

        Secret read = JsonSerializer.Deserialize(json, ModelJson.Default.Secret)!;

        Assert.Equal((Samples.Key, "text", "is not base64"), (read.Find("good")!.Text, read.Find("plain")!.Text, read.Find("bad")!.Problem));
        Assert.NotNull(read.Find("long")!.Problem);
        Assert.DoesNotContain(Samples.Key, $"{read} {read.Find("good")}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kind: ConfigMap", "data: [a]", "data: must be a mapping")]
    [InlineData("kind: ConfigMap", "data: {a: 1}", "data: must be a mapping")]
    [InlineData("kind: ConfigMap", "dat: {}", "dat: there is no such field; did you mean data?")]
    [InlineData("kind: Secret", "stringDta: {}", "stringDta: there is no such field; did you mean stringData?")]
    public void A_mistake_is_named(string kind, string field, string problem)
    {
        ManifestDocument document = Assert.Single(ManifestReader.Read("a.yaml", $"apiVersion: v1\n{kind}\nmetadata:\n  name: alice\n{field}\n"));

        Assert.EndsWith(problem, document.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_has_them_beside_sessions_and_removes_them_with_their_file()
    {
        _directory.Write("a.yaml", "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: alice}\n  data: {k: v}\n");
        _directory.Write("b.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: alice}\ntype: Opaque\nimmutable: true\nstringData: {k: v}\n");
        await using var run = new DirectoryRun(_directory.Path);

        Assert.Equal(["ConfigMap default/alice", "Secret default/alice"], (await run.NextAsync()).KeyObjects.Select(o => o.Key.ToString()));
        File.Delete(Path.Combine(_directory.Path, "a.yaml"));
        Assert.Equal(["Secret default/alice"], (await run.NextAsync()).KeyObjects.Select(o => o.Key.ToString()));
    }

    private static ConfigMap ReadConfigMap(params (string Key, string Value)[] data) =>
        JsonSerializer.Deserialize(JsonSerializer.Serialize(new { data = data.ToDictionary(d => d.Key, d => d.Value) }), ModelJson.Default.ConfigMap)!;
}
