using SshGateway.Operator.Model;

namespace SshGateway.Operator.Yaml;

/// <summary>One document of a file: an object, or what is wrong with it.</summary>
/// <param name="Key">What the document is about; null when not even that can be told.</param>
/// <param name="Object">The object; null when the document is bad.</param>
/// <param name="Problem">Where and what is wrong, and the remedy; null when the document is good.</param>
internal sealed record ManifestDocument(ObjectKey? Key, KubernetesObject? Object, string? Problem);
