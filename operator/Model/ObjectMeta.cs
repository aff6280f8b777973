namespace SshGateway.Operator.Model;

/// <summary>The part of <c>metadata</c> that is read. A manifest from a directory has neither uid nor times from a server.</summary>
internal sealed record ObjectMeta
{
    public const string DefaultNamespace = "default";

    public string? Name { get; init; }

    public string? Namespace { get; init; }

    public string? Uid { get; init; }

    /// <summary>The server's version of the object; opaque but for comparisons within one server.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Counts the changes of the spec.</summary>
    public long? Generation { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    public DateTimeOffset? DeletionTimestamp { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}
