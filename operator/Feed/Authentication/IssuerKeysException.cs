namespace SshGateway.Operator.Feed.Authentication;

/// <summary>The keys that tokens are verified with cannot be had; the message says why.</summary>
internal sealed class IssuerKeysException(string message, Exception? innerException = null) : Exception(message, innerException);
