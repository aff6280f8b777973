using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SshGateway.Feed;
using SshGateway.Operator.Model;
using SshGateway.Tests.Support.Crd;

namespace SshGateway.Tests.Integration.Crd;

/// <summary>The C# model beside the CRD's <c>spec</c> and <c>status</c>.</summary>
public sealed class ModelTests
{
    [Fact]
    public void The_model_has_the_fields_of_the_spec_and_their_types() => Assert.Equal(
        InSchema("", CustomResource.Spec).Order(StringComparer.Ordinal),
        InModel("", typeof(SessionSpec)).Order(StringComparer.Ordinal));

    [Fact]
    public void What_the_operator_writes_into_the_status_is_in_the_schema()
    {
        string[] written = [.. InModel("", typeof(SessionStatus))];

        Assert.Contains("conditions[].reason:string", written);
        Assert.Empty(written.Except(InSchema("", CustomResource.Schema.GetProperty("properties").GetProperty("status"))));
    }

    [Fact]
    public void The_words_of_access_are_those_that_the_operator_knows() => Assert.Equal(
        CustomResource.Spec.GetProperty("properties").GetProperty("access").GetProperty("enum").EnumerateArray().Select(e => e.GetString()).Order(StringComparer.Ordinal),
        Enum.GetNames<Access>().Except([nameof(Access.Unspecified)]).Order(StringComparer.Ordinal));

    [Fact]
    public void The_words_of_recording_are_those_that_the_operator_knows() => Assert.Equal(
        Enum.GetNames<RecordingMode>(),
        CustomResource.Spec.GetProperty("properties").GetProperty("recording").GetProperty("enum").EnumerateArray().Select(e => e.GetString()));

    [Fact]
    public void The_words_of_wake_are_those_that_the_operator_knows() => Assert.Equal(
        CustomResource.Spec.GetProperty("properties").GetProperty("wake").GetProperty("enum").EnumerateArray().Select(e => SessionRules.ParseWake(e.GetString())),
        Enum.GetValues<Wake>().Cast<Wake?>());

    [Fact]
    public void The_defaults_are_those_of_the_operator()
    {
        JsonElement ssh = CustomResource.Spec.GetProperty("properties").GetProperty("ssh").GetProperty("properties");

        Assert.Equal(SshSpec.DefaultPort, ssh.GetProperty("port").GetProperty("default").GetInt32());
        Assert.Equal(SshSpec.DefaultTargetUser, ssh.GetProperty("targetUser").GetProperty("default").GetString());
        Assert.Equal(
            SessionRules.ParseAccess(null).ToString(),
            CustomResource.Spec.GetProperty("properties").GetProperty("access").GetProperty("default").GetString());
        Assert.Equal(
            SessionRules.ParseRecording(null).ToString(),
            CustomResource.Spec.GetProperty("properties").GetProperty("recording").GetProperty("default").GetString());
        Assert.Equal(
            SessionRules.ParseWake(null).ToString(),
            CustomResource.Spec.GetProperty("properties").GetProperty("wake").GetProperty("default").GetString());
    }

    private static IEnumerable<string> InSchema(string path, JsonElement schema) =>
        schema.GetProperty("properties").EnumerateObject().SelectMany(property => property.Value switch
        {
            JsonElement inside when inside.TryGetProperty("properties", out _) => InSchema($"{path}{property.Name}.", inside),
            JsonElement list when list.TryGetProperty("items", out JsonElement items) && items.TryGetProperty("properties", out _) => InSchema($"{path}{property.Name}[].", items),
            JsonElement leaf => [$"{path}{property.Name}:{TypeOf(leaf)}"],
        });

    private static string TypeOf(JsonElement schema) => (schema.GetProperty("type").GetString(), schema.TryGetProperty("format", out JsonElement format)) switch
    {
        ("array", _) => $"list of {TypeOf(schema.GetProperty("items"))}",
        ("object", _) => $"map of {TypeOf(schema.GetProperty("additionalProperties"))}",
        ("string", true) => format.GetString()!,
        (string type, _) => type,
        _ => throw new NotSupportedException(schema.ToString()),
    };

    private static IEnumerable<string> InModel(string path, Type type) =>
        Info(type)!.Properties.SelectMany(property => Info(property.PropertyType) switch
        {
            { Kind: JsonTypeInfoKind.Object } => InModel($"{path}{property.Name}.", property.PropertyType),
            { Kind: JsonTypeInfoKind.Enumerable, ElementType: Type element } when Info(element) is { Kind: JsonTypeInfoKind.Object } => InModel($"{path}{property.Name}[].", element),
            _ => [$"{path}{property.Name}:{TypeOf(property.PropertyType)}"],
        });

    private static JsonTypeInfo? Info(Type type) => ModelJson.Default.GetTypeInfo(type);

    private static string TypeOf(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        Type t when t == typeof(string) => "string",
        Type t when t == typeof(int) || t == typeof(long) => "integer",
        Type t when t == typeof(bool) => "boolean",
        Type t when t == typeof(DateTimeOffset) => "date-time",
        Type t when t == typeof(IReadOnlyList<string>) => "list of string",
        Type t when t == typeof(IReadOnlyDictionary<string, string>) => "map of string",
        Type t => throw new NotSupportedException(t.ToString()),
    };
}
