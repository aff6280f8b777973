namespace SshGateway.Proxy.Feed;

/// <summary>The table is not the operator's, although every message was applied; the message says in what.</summary>
internal sealed class TableMismatchException(string message) : Exception(message);
