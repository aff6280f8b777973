using SshGateway.Tests.Support.Deploy.Helm;

namespace SshGateway.Tests.Integration.Deploy.Helm;

/// <summary>What the chart says about itself.</summary>
public sealed class ChartDocumentTests
{
    private const string Begin = "<!-- the comments of values.yaml -->\n";
    private const string End = "<!-- end of values -->";

    [Fact]
    public void The_README_has_every_value_as_values_yaml_describes_it()
    {
        string readme = File.ReadAllText(ChartFiles.File("README.md"));
        IEnumerable<string> rows = ValuesFile.Read().Select(v => $"| `{v.Path}` | {v.Type} | `{v.Default}` | {v.Description} |\n");
        string expected = $"| value | type | default | meaning |\n|---|---|---|---|\n{string.Concat(rows)}";

        string table = readme[(readme.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)..readme.IndexOf(End, StringComparison.Ordinal)];

        Assert.True(table == expected, $"Write this into the chart's README:\n{expected}");
    }

    [HelmTheory]
    [InlineData("LoadBalancer", "ssh -p 2222 <session-id>@<the address>")]
    [InlineData("NodePort", "Only nodes that run a proxy answer")]
    [InlineData("ClusterIP", "ssh -p 2222 <session-id>@ssh-gateway.ssh-gateway.svc")]
    public async Task The_notes_say_how_to_connect(string type, string expected)
    {
        // helm template shows no notes.
        string notes = await HelmProgram.RunAsync(
            "install", "ssh-gateway", ChartFiles.Directory, "--namespace", "ssh-gateway", "--dry-run=client", "--set", $"service.type={type}");

        Assert.Contains(expected, notes[notes.IndexOf("NOTES:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }
}
