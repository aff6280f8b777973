using System.Text.Json.Serialization;

namespace SshGateway.Operator.Model;

/// <summary>A ConfigMap or Secret whose values have public keys, for <c>spec.ssh.authorizedKeysFrom</c>.</summary>
internal abstract record KeyObject : KubernetesObject
{
    public const string ApiVersion = "v1";

    /// <summary>The label, with any value, that such an object must have. No others are listed and watched.</summary>
    public const string LabelName = "tars.cloudwalk.network/authorized-keys";

    /// <summary>The value of one of its keys; null: it has no such key.</summary>
    public abstract KeyText? Find(string key);

    public static bool IsKind(string kind) => kind is ConfigMap.KindName or Secret.KindName;
}

/// <summary>A v1 ConfigMap.</summary>
internal sealed record ConfigMap : KeyObject
{
    public const string KindName = "ConfigMap";

    public override string Kind => KindName;

    [JsonConverter(typeof(KeyTexts))]
    public IReadOnlyDictionary<string, KeyText>? Data { get; init; }

    public override KeyText? Find(string key) => Data?.GetValueOrDefault(key);
}

/// <summary>A v1 Secret.</summary>
internal sealed record Secret : KeyObject
{
    public const string KindName = "Secret";

    public override string Kind => KindName;

    [JsonConverter(typeof(Base64KeyTexts))]
    public IReadOnlyDictionary<string, KeyText>? Data { get; init; }

    /// <summary>In manifests only: the API server turns it into <see cref="Data"/>.</summary>
    [JsonConverter(typeof(KeyTexts))]
    public IReadOnlyDictionary<string, KeyText>? StringData { get; init; }

    public override KeyText? Find(string key) => StringData?.GetValueOrDefault(key) ?? Data?.GetValueOrDefault(key);
}

/// <summary>A value of a ConfigMap or Secret.</summary>
/// <param name="Text">The text; null when it cannot be used.</param>
/// <param name="Problem">Why it cannot be used, without any part of it.</param>
internal sealed record KeyText(string? Text, string? Problem)
{
    /// <summary>Characters that are kept of one object: an object can have 1 MiB, and 16 keys need far less.</summary>
    public const int MaxOfObject = 64 * 1024;

    // Of a Secret this could be anything.
    public override string ToString() => $"{Text?.Length} characters";
}
