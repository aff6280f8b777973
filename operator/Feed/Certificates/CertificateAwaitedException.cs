namespace SshGateway.Operator.Feed.Certificates;

/// <summary>There is no certificate yet, and there will be one soon if all goes well.</summary>
internal sealed class CertificateAwaitedException(string message) : IOException(message);
