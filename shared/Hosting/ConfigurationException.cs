namespace SshGateway.Hosting;

/// <summary>The configuration cannot be used. Each failure names the key and what to write instead.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> failures) : Exception(string.Join(Environment.NewLine, failures));
