namespace SshGateway.Kubernetes.Yaml;

/// <summary>A document that cannot be used. The message names the field and the remedy.</summary>
internal sealed class ManifestException(string message, int line, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The line within the document's text, from 1.</summary>
    public int Line { get; } = line;
}
