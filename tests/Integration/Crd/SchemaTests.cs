using System.Text.Json;
using SshGateway.Operator.Model;
using SshGateway.Tests.Support.Crd;

namespace SshGateway.Tests.Integration.Crd;

/// <summary>The CRD's schema as a text, and beside <see cref="SessionRules"/>, which repeats it.</summary>
public sealed class SchemaTests
{
    [Fact]
    public void Every_field_has_a_description() =>
        // An API server takes no description of metadata: it has its own.
        Assert.Empty(CustomResource.All().Where(s => s.Path != "metadata" && !IsDescribed(s.Schema)).Select(s => s.Path));

    [Fact]
    public void Every_field_has_bounds() =>
        Assert.Empty(CustomResource.All().Where(s => !IsBounded(s.Schema)).Select(s => s.Path));

    [Fact]
    public void The_columns_are_those_that_people_know() => Assert.Equal(
        ["Phase", "Ready", "Reason", "User", "Pod", "Conns", "Age", "Backend+", "IP+", "Port+", "Node+", "Keys+", "Expires+", "Message+"],
        CustomResource.Version.GetProperty("additionalPrinterColumns").EnumerateArray()
            .Select(c => c.GetProperty("name").GetString() + (c.TryGetProperty("priority", out JsonElement p) && p.GetInt32() > 0 ? "+" : "")));

    [Fact]
    public void Columns_and_selectable_fields_are_fields_of_the_schema()
    {
        HashSet<string> fields = [.. CustomResource.All().Select(s => "." + s.Path), ".metadata.creationTimestamp"];
        IEnumerable<string> paths = CustomResource.Version.GetProperty("additionalPrinterColumns").EnumerateArray()
            .Concat(CustomResource.Version.GetProperty("selectableFields").EnumerateArray())
            .Select(c => c.GetProperty("jsonPath").GetString()!.Replace("""[?(@.type=="Ready")]""", "[]", StringComparison.Ordinal));

        Assert.Empty(paths.Except(fields));
    }

    [Fact]
    public void The_schema_and_the_operators_rules_judge_alike()
    {
        Assert.All(SessionVariants.All, variant =>
        {
            string[] schema = [.. SchemaJudge.Judge("", CustomResource.Schema, variant.Element)];
            string[] rules = [.. SessionRules.Check(variant.Decoded).Select(v => v.ToString())];
            Assert.True(schema.Length == 0 == variant.IsGood, $"{variant}; the schema says: {string.Join(" | ", schema)}");
            Assert.True(rules.Length == 0 == (variant.IsGood || variant.IsOfSchemaOnly), $"{variant}; SessionRules say: {string.Join(" | ", rules)}");
        });
    }

    [Fact]
    public void Every_field_of_the_spec_that_can_be_wrong_is_tried()
    {
        // What the model's type refuses already, or what stands below a name of the owner's own choice.
        string[] untried =
        [
            "spec.ssh.passthrough", "spec.suspend", "spec.expiresAt", "spec.pod.matchLabels[*]",
            "spec.ssh.authorizedKeysFrom[].configMapRef.optional", "spec.ssh.authorizedKeysFrom[].secretRef.optional",
        ];
        string[] bad = [.. SessionVariants.All.Where(v => !v.IsGood).SelectMany(v => SchemaJudge.Judge("", CustomResource.Schema, v.Element)).Select(Field)];

        IEnumerable<string> leaves = CustomResource.Below("spec", CustomResource.Spec)
            .Where(s => s.Schema.GetProperty("type").GetString() != "object" && !s.Path.EndsWith("[]", StringComparison.Ordinal))
            .Select(s => s.Path);
        Assert.Empty(leaves.Except(untried).Except(bad));
    }

    private static string Field(string problem)
    {
        string path = problem[1..problem.IndexOf(": ", StringComparison.Ordinal)];
        // An item's problem is its list's; a field's of an item is the field's of every item.
        string every = string.Join("[]", path.Split('[').Select(part => part[(part.IndexOf(']', StringComparison.Ordinal) + 1)..]));
        return every.EndsWith("[]", StringComparison.Ordinal) ? every[..^2] : every;
    }

    private static bool IsDescribed(JsonElement schema) => schema.TryGetProperty("description", out JsonElement text) && text.GetString() is { Length: > 5 };

    private static bool IsBounded(JsonElement schema) => schema.GetProperty("type").GetString() switch
    {
        "boolean" => true,
        "object" => schema.TryGetProperty("properties", out _) || schema.TryGetProperty("maxProperties", out _),
        "array" => schema.TryGetProperty("maxItems", out _),
        "integer" => schema.TryGetProperty("minimum", out _) && (schema.TryGetProperty("maximum", out _) || schema.TryGetProperty("format", out _)),
        _ => schema.TryGetProperty("maxLength", out _) || schema.TryGetProperty("enum", out _) || schema.TryGetProperty("format", out _),
    };
}
