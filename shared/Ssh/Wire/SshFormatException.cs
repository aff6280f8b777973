namespace SshGateway.Ssh.Wire;

/// <summary>Bytes from a peer or a file that are not what the format demands. The message says what is wrong and never quotes the bytes.</summary>
public sealed class SshFormatException(string message) : FormatException(message);
