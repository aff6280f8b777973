using SshGateway.Operator.Model;

namespace SshGateway.Operator.Yaml;

/// <summary>One object of a file, or what is wrong in its place.</summary>
/// <param name="Number">The document that it is in, from 1.</param>
/// <param name="Subject">What it is about; null when not even that can be told.</param>
/// <param name="Object">The object; null when it is bad.</param>
/// <param name="Problem">Where and what is wrong, and the remedy; null when it is good.</param>
internal sealed record ManifestDocument(int Number, ManifestSubject? Subject, KubernetesObject? Object, string? Problem);

/// <summary>Which object a manifest is about, as far as it can be told.</summary>
/// <param name="Kind">Null: of a kind that is not read here, which may be a misspelt one.</param>
/// <param name="Namespace">Null: it has none, or the field is misspelt.</param>
internal sealed record ManifestSubject(string? Kind, string? Namespace, string Name)
{
    /// <summary>Whether it may be this object.</summary>
    public bool Concerns(ObjectKey key) => (Kind is null || Kind == key.Kind) && (Namespace is null || Namespace == key.Namespace) && Name == key.Name;
}
