namespace SshGateway.Proxy.Listening;

/// <summary>What was read of a connection before its protocol begins.</summary>
/// <param name="Connect">The request for a passthrough; null: the client speaks SSH, or nothing yet.</param>
/// <param name="Unread">What came behind that, and belongs to the protocol.</param>
internal sealed record Preface(ConnectRequest? Connect, ReadOnlyMemory<byte> Unread);
