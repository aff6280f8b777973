using System.Net;

namespace SshGateway.Proxy.Listening;

/// <summary>A PROXY protocol header that was complete.</summary>
/// <param name="Length">Its bytes.</param>
/// <param name="Source">Where the client connected from; null: the header does not say, and the connection's own address counts.</param>
internal readonly record struct ProxyHeader(int Length, IPEndPoint? Source);
